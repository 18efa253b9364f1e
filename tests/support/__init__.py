"""What the tests share: boards, lines, makers of files, independent references."""

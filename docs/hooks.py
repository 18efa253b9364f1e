"""What MkDocs calls while it builds the site: the generated pages, and links that work in a checkout and on the site.

A page in the repository links to files by their relative path. The site has the pages of docs/, the examples' pages,
the root's pages on the project, and a page with the source of each file that one of them links to.
"""

import os
import re
import sys
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, InclusionLevel

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("docs", "runtime", "host_tools", "board_sim")]

import generated  # noqa: E402  the path is set above

PROJECT = ("ARCHITECTURE", "CONTRIBUTING", "CHANGELOG", "SECURITY")
"""Pages in the repository's root that the site has under `project/`."""

EXAMPLES = ("examples/README.md", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("examples/*/README.md")))

_LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")
_FENCES = re.compile(r"^( *```.*?^ *```)", re.MULTILINE | re.DOTALL)
_LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".js": "javascript", ".md": "markdown"}


def site_uri(path):
    """Return where the site has a file or folder of the repository; path: relative to the repository's root."""
    place = ROOT / path
    if place.is_dir():
        path = f"{path}/README.md"
    if path.startswith("docs/") and not path.endswith(".py"):
        return path.removeprefix("docs/")
    if path == "README.md":
        return "index.md"
    if path.removesuffix(".md") in PROJECT:
        return f"project/{path.lower()}"
    if path.startswith("examples/") and path.endswith("/README.md"):
        folder = path.split("/")[1]
        return "examples/index.md" if folder == "README.md" else f"examples/{folder}.md"
    return path if place.suffix == ".svg" else f"source/{path}.md"


def _targets(markdown, path):
    """Yield the files, relative to the root, to which the page `path` links."""
    for target, _ in _LINK.findall(_FENCES.sub("", markdown)):
        linked = os.path.normpath(os.path.join(os.path.dirname(path), target))
        if not (ROOT / linked).exists():
            raise PluginError(f"{path}: link to {target}, which does not exist")
        if (ROOT / linked).is_dir() and not (ROOT / linked / "README.md").exists():
            raise PluginError(f"{path}: link to {target}, a folder without README.md: link to a file")
        yield linked


def linked(markdown, path):
    """Return the text of the page `path` of the repository with its links as the site needs them."""
    here = os.path.dirname(site_uri(path))

    def moved(link):
        target = os.path.normpath(os.path.join(os.path.dirname(path), link[1]))
        return os.path.relpath(site_uri(target), here or ".") + (link[2] or "")

    parts = _FENCES.split(markdown)
    return "".join(part if place % 2 else _LINK.sub(moved, part) for place, part in enumerate(parts))


def on_config(config):
    """Name the examples' pages in the navigation."""
    for section in config.nav:
        if "Examples" in section:
            section["Examples"] = [site_uri(page) for page in EXAMPLES]
    return config


def on_files(files, config):
    """Add the examples' pages, those of the root, and what they link to."""
    added = {}
    pages = [*EXAMPLES, *(f"{name}.md" for name in PROJECT)]
    texts = {page: (ROOT / page).read_text("utf-8") for page in pages}
    for page, text in texts.items():
        added[site_uri(page)] = linked(text, page)
    for file in files.documentation_pages():
        texts[f"docs/{file.src_uri}"] = file.content_string
    for page, text in texts.items():
        for target in _targets(text, page):
            uri = site_uri(target)
            if uri.startswith("source/") and uri not in added:
                added[uri] = _source_page(target)
            elif uri.endswith(".svg") and not files.get_file_from_path(uri):
                files.append(File.generated(config, uri, abs_src_path=str(ROOT / target)))
    for uri, text in added.items():
        level = InclusionLevel.NOT_IN_NAV if uri.startswith("source/") else InclusionLevel.INCLUDED
        files.append(File.generated(config, uri, content=text, inclusion=level))
    return files


def _source_page(path):
    """Return a page that shows a file."""
    text = (ROOT / path).read_text("utf-8")
    return f"# {path}\n\n````{_LANGUAGES.get(Path(path).suffix, 'text')}\n{text}````\n"


def on_page_markdown(markdown, page, **_):
    """Fill in what is generated on a page of docs/, and let its links work on the site."""
    if page.file.generated_by:
        return markdown
    for mark, part in generated.PARTS.items():
        if mark in markdown:
            markdown = markdown.replace(mark, part())
    return linked(markdown, f"docs/{page.file.src_uri}")

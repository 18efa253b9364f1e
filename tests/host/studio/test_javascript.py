"""The page's code: typed by its comments, and no more of it than was promised."""

import ast
import gzip
import io
import re
import subprocess
import tokenize
from importlib import resources

import pytest

from eqprop_host.report.page import charts
from eqprop_host.studio import files
from eqprop_host.studio.folder import content
from eqprop_sim.toolchain import nodejs
from eqprop_sim.toolchain.installation import Failure, Unavailable, cache, filling, lock
from support.surroundings import obtained

pytestmark = pytest.mark.slow

TYPESCRIPT = "5.9.3"
STRICT = [
    *("--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2022", "--module", "es2022"),
    *("--lib", "es2022,dom,dom.iterable", "--noUncheckedIndexedAccess", "--noUnusedLocals", "--noUnusedParameters"),
    *("--noImplicitReturns", "--noImplicitOverride", "--noFallthroughCasesInSwitch"),
    "--noPropertyAccessFromIndexSignature",
]
MICROPYTHON = """
interface Files {
  mkdirTree(path: string): void;
  writeFile(path: string, data: string | Uint8Array): void;
  readFile(path: string): Uint8Array;
}
interface Machine {
  _module: { HEAPU8: Uint8Array };
  FS: Files;
  globals: { get(name: string): any };
  runPython(text: string): void;
}
interface Options { heapsize: number; linebuffer: boolean; stderr: (line: string) => void }
export function loadMicroPython(options: Options): Promise<Machine>;
"""
WORKLET = """
declare class AudioWorkletProcessor { port: MessagePort; }
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
"""
"""What TypeScript knows nothing of: MicroPython's build, and the browser's audio thread."""


def typescript():
    """Return (node, the compiler's script), kept in the user's cache. Raises Unavailable."""
    name = f"typescript-{TYPESCRIPT}"
    try:
        with lock():
            if not (cache() / name).exists():
                with filling(name) as result:
                    nodejs.unpacked(f"typescript@{TYPESCRIPT}", result.parent).rename(result / "package")
            return nodejs.obtain(), cache() / name / "package" / "lib" / "tsc.js"
    except (Failure, OSError) as reason:
        raise Unavailable(str(reason)) from reason


def test_the_types_in_comments_hold(tmp_path):
    """Catches a message between page and worker that one of them does not know, and an element that may be missing."""
    node, compiler = obtained(typescript)
    for each in (resources.files("eqprop_host.studio") / "page").iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    (tmp_path / "charts.js").write_text(charts())
    (tmp_path / "micropython.d.mts").write_text(MICROPYTHON)
    (tmp_path / "worklet.d.ts").write_text(WORKLET)
    scripts = ["worklet.d.ts", *(each.name for each in sorted(tmp_path.glob("*.js")))]
    done = subprocess.run([node, compiler, *STRICT, *scripts], cwd=tmp_path, capture_output=True, text=True)
    assert not done.stdout and not done.stderr


def test_the_page_is_small(compiled_once):
    """1.5 MB compressed: all that it loads, and a runtime for each kind of processor, of which one is compiled here."""
    found = files()
    runtimes = {name: found.pop(name) for name in list(found) if name.startswith("runtime-")}
    page = sum(len(gzip.compress(data)) for data in found.values())
    assert page + 1.5 * len(runtimes) * len(gzip.compress(content(runtimes["runtime-armv7m.mpy"]))) < 1_500_000


def test_the_pages_own_code_is_short():
    """At most 2,500 lines of HTML, CSS, JavaScript and Python, without empty ones, comments and docstrings."""
    studio = resources.files("eqprop_host.studio")
    web = sum(web_lines(each.read_text()) for each in (studio / "page").iterdir())
    python = sum(python_lines(each.read_text()) for each in (studio / "in_page").iterdir() if each.is_file())
    assert web + python <= 2500


def web_lines(text):
    """Return how many lines of HTML, CSS or JavaScript hold code."""
    comments = re.compile(r"/\*.*?\*/|<!--.*?-->|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)
    bare = comments.sub(lambda found: "\n" * found[0].count("\n"), text)
    return sum(bool(line.strip()) for line in bare.splitlines())


def python_lines(text):
    """Return how many lines of Python hold code."""
    nodes = ast.walk(ast.parse(text))
    strings = [each for each in nodes if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)]
    documents = {line for each in strings for line in range(each.lineno, each.end_lineno + 1)}
    nothing = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = [each for each in tokenize.generate_tokens(io.StringIO(text).readline) if each.type not in nothing]
    return len({line for each in tokens for line in range(each.start[0], each.end[0] + 1)} - documents)

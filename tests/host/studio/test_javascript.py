"""The page's JavaScript: typed by its comments, and no more of it than was promised."""

import gzip
import subprocess
from importlib import resources

import pytest

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
    (tmp_path / "micropython.d.mts").write_text(MICROPYTHON)
    (tmp_path / "worklet.d.ts").write_text(WORKLET)
    scripts = ["worklet.d.ts", *(each.name for each in sorted(tmp_path.glob("*.js")))]
    done = subprocess.run([node, compiler, *STRICT, *scripts], cwd=tmp_path, capture_output=True, text=True)
    assert not done.stdout and not done.stderr


def test_the_page_is_small():
    """1.5 MB compressed, and 2,500 lines of HTML, CSS and JavaScript."""
    assert sum(len(gzip.compress(content(data))) for data in files().values()) < 1_500_000
    page = resources.files("eqprop_host.studio") / "page"
    assert sum(each.read_text().count("\n") for each in page.iterdir()) <= 2500

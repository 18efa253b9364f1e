"""Reports of runs: a self-contained HTML page, and figures for a paper."""

from .figures import draw_figure
from .page import write_page

__all__ = ["draw_figure", "write_page"]

"""Reports of runs: one HTML page that needs nothing else, and figures for a paper."""

from .figures import draw_figure
from .page import write_page

__all__ = ["draw_figure", "write_page"]

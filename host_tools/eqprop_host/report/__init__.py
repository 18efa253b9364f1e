"""Reports of runs: a self-contained HTML page, an overview of many runs, and figures for a paper."""

from .figures import draw_figure
from .overview import MOST_RUNS, write_overview
from .page import write_page

__all__ = ["MOST_RUNS", "draw_figure", "write_overview", "write_page"]

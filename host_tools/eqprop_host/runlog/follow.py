"""Following a log that another program writes."""

from pathlib import Path

from .formats import LIVE
from .reader import open_log
from .schema import check


class Follower:
    """Reads a log's new rows at each `poll`, and each row only once.

    - log: the `Log` as it was when opened
    """

    def __init__(self, path, run_id=None):
        """Open the log; run_id: which run, for a dataset of several. Raises as `open_log` does."""
        self.log = open_log(path, run_id)
        self._path = Path(path)
        self._module = LIVE.get(self._path.suffix)
        self._waiting = list(self.log.read_all())
        self._end = self.log.size - sum(span.end - span.start for span in self.log.dropped if span.end == self.log.size)

    def poll(self):
        """Return the new rows, like those of `Log.read`."""
        rows, self._waiting = self._waiting, []
        if self._module and not rows:
            decoder = self._module.Decoder()
            with open(self._path, "rb") as file:
                spans = list(self._module.scan(file, self._end))
                for span in spans:
                    if span.header is not None:
                        self._end = span.end
                        file.seek(span.start)
                        rows += decoder.rows(file.read(span.end - span.start))
            for row in rows:
                check(row)
        return rows

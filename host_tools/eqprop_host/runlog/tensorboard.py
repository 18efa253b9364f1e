"""TensorBoard event files of a run: the metrics as scalars, the conductances as histograms."""

from ..errors import DataError

_LEFT_OUT = ("sample", "epoch", "confusion")


class TensorBoard:
    """Writes event files to a folder (needs tensorboardX: the extra `tensorboard`)."""

    def __init__(self, folder):
        """Start a file in `folder`. Raises DataError if the folder cannot be made."""
        from tensorboardX import SummaryWriter

        try:
            self._writer = SummaryWriter(str(folder))
        except OSError as error:
            raise DataError(f"--tensorboard {folder}: cannot be made: {error.strerror or error}") from error

    def metrics(self, row):
        """Write a row of metrics, with the column names of `runlog.schema`, at its sample number."""
        for name, value in row.items():
            if name not in _LEFT_OUT:
                self._writer.add_scalar(name, value, row["sample"])
        self._writer.flush()

    def conductances(self, sample, conductances):
        """Write histograms of each crossbar's conductances in steps."""
        for c, steps in enumerate(conductances):
            self._writer.add_histogram(f"conductances_{c}", steps, sample)

    def close(self):
        """Write the remaining events."""
        self._writer.close()

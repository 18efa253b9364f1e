"""Tables in Parquet: numbers in every column; the label in the column called `label`, or else in the last one.

A file is read batch by batch, so its size does not matter.
"""

import numpy as np

from ..errors import DataError
from . import blocks
from .dataset import Table

LABEL = "label"


def read_parquet(source, file):
    """Return the `Table` of a .parquet file, open in binary, the label moved to its last column. Raises DataError."""
    import pyarrow
    import pyarrow.parquet

    try:
        parquet = pyarrow.parquet.ParquetFile(file)
        names = parquet.schema_arrow.names
        for name, kind in zip(names, parquet.schema_arrow.types, strict=True):
            is_number = pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind)
            if not is_number and not pyarrow.types.is_boolean(kind):
                raise DataError(f"{source}: column {name!r}: {kind} is no type of real numbers")
        if not names or not parquet.metadata.num_rows:
            raise DataError(f"{source}: is empty")
        if LABEL in names:
            names = [*(name for name in names if name != LABEL), LABEL]
        spool, first = blocks.Spool(), 0
        for batch in parquet.iter_batches(max(1, blocks.BLOCK // len(names))):
            spool.append(_block(source, batch, names, first))
            first += len(batch)
    except pyarrow.ArrowException as error:
        raise DataError(f"{source}: cannot be read: {' '.join(str(error).split())}") from error
    return Table(spool.finish(), lambda row, column: f"row {row}, column {names[column]!r}", names=tuple(names))


def _block(source, batch, names, first):
    """Return a batch as float64 (rows, columns). Raises DataError for a value that is null."""
    block = np.empty((len(batch), len(names)))
    for column, name in enumerate(names):
        values = batch.column(name)
        if values.null_count:
            row = int(np.argmax(values.is_null().to_numpy(zero_copy_only=False)))
            raise DataError(f"{source}: row {first + row}, column {name!r}: is null")
        block[:, column] = values.to_numpy(zero_copy_only=False)
    return block

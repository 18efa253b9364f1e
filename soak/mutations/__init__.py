"""What tests say they catch: (file, its text, the text that breaks it, the test that must fail)."""

from .differential import MUTATIONS as DIFFERENTIAL
from .hopfield import MUTATIONS as HOPFIELD
from .host import MUTATIONS as HOST
from .learning import MUTATIONS as LEARNING
from .rig import MUTATIONS as RIG
from .runtime import MUTATIONS as RUNTIME
from .sim import MUTATIONS as SIM
from .studio import MUTATIONS as STUDIO

MUTATIONS = (*RUNTIME, *DIFFERENTIAL, *HOPFIELD, *LEARNING, *HOST, *SIM, *RIG, *STUDIO)

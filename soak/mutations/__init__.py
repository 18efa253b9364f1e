"""What tests say they catch: (file, its text, the text that breaks it, the test that must fail)."""

from .differential import MUTATIONS as DIFFERENTIAL
from .fleets import MUTATIONS as FLEETS
from .hopfield import MUTATIONS as HOPFIELD
from .hopfield8 import MUTATIONS as HOPFIELD8
from .host import MUTATIONS as HOST
from .learning import MUTATIONS as LEARNING
from .net import MUTATIONS as NET
from .rig import MUTATIONS as RIG
from .runtime import MUTATIONS as RUNTIME
from .sim import MUTATIONS as SIM
from .studio import MUTATIONS as STUDIO

MUTATIONS = (*RUNTIME, *DIFFERENTIAL, *HOPFIELD, *HOPFIELD8, *LEARNING, *HOST, *SIM, *RIG, *STUDIO, *FLEETS, *NET)

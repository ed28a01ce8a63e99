"""Names of Asymptote's that can be read and declared anew, but not assigned to: data."""

from __future__ import annotations

# Of ``plain`` and of the modules; a test asks the compiler of each.
_NAMES = """
lengths and numbers: pt bp cm mm inch inches pi I inf infinity nan undefined intMax intMin realMax
  realMin realEpsilon realDigits randMax
directions: up down left right N S E W NE NW SE SW NNE NNW SSE SSW ENE ESE WNW WSW
places of labels: Align NoAlign NoSide LeftSide RightSide Center BeginPoint MidPoint EndPoint
pictures: Aspect IgnoreAspect Crop NoCrop
pens: squarecap roundcap extendcap miterjoin roundjoin beveljoin zerowinding evenodd nobasealign
paths: unitcircle unitsquare
files: stdout
in space: Billboard Embedded identity4 nullsurface unitbox unitcircle3 unitcone unitcube
  unitcylinder unitdisk unithemisphere unitplane unitsolidcone unitsphere unitsquare3
coordinates: angularsystem byfoci byvertices curvilinearsystem defaultcoordsys nodesystem
  relativesystem
"""

#: The names.
CONSTANTS = frozenset(
    word for line in _NAMES.splitlines() for word in line.rpartition(":")[2].split()
)

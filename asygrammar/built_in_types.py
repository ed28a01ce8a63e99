"""The types that are built into Asymptote, and their fields: no file can say it with ``struct``.

The fields are written as in a file of signatures. None of those of a pair, a triple or a
transform can be assigned to.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Fields by type. ``picture`` is here because its name is a word of the grammar.
FIELDS: Mapping[str, str] = {
    "void": "",
    "bool": "",
    "int": "",
    "real": "",
    "pair": "real x; real y;",
    "triple": "real x; real y; real z;",
    "string": "",
    "pen": "",
    "path": "",
    "guide": "",
    "transform": "real x; real y; real xx; real xy; real yx; real yy;",
    "frame": "",
    "picture": """
        transform T; bool keepAspect; real xsize; real ysize; real xunitsize; real yunitsize;
        void size(real x, real y = default, bool keepAspect = default);
        void unitsize(real x, real y = default, real z = default);
        void add(drawer d, bool exact = default, bool above = default);
        void add(void d(picture, transform), bool exact = default);
        void add(picture src, bool group = default, filltype filltype = default,
          bool above = default);
        void clip(pair min, pair max, drawer d, bool exact = default);
        void addPoint(pair user, pair truesize = default);
        void addPoint(pair user, pair truesize = default, pen p);
        void addBox(pair userMin, pair userMax, pair trueMin = default, pair trueMax = default);
        void addPath(path g);
        void addPath(path g, pen p);
        bool empty(); void erase(); void clear(); picture copy();
        pairOrTriple userMin(); pairOrTriple userMax();
        pair min(transform t);
        pair min(real xsize = default, real ysize = default, bool keepAspect = default,
          bool warn = default);
        pair max(transform t);
        pair max(real xsize = default, real ysize = default, bool keepAspect = default,
          bool warn = default);
        transform scaling(real xsize, real ysize, bool keepAspect = default, bool warn = default);
        transform scaling(bool warn = default);
        transform calculateTransform(real xsize, real ysize, bool keepAspect = default,
          bool warn = default);
        transform calculateTransform(bool warn = default);
        picture transformed(transform t);
        frame fit(transform t);
        frame fit(string prefix = default, string format = default, real xsize = default,
          real ysize = default, bool keepAspect = default, bool view = default,
          string options = default, string script = default, light light = default,
          projection P = default);
        frame scale(real xsize = default, real ysize = default, bool keepAspect = default);
        frame scaled();
        """,
}

#: Fields of every array, whose elements are of the type ``element``.
ARRAY_FIELDS = """
    int length; bool cyclic; int[] keys;
    element push(element x); void append(element[] a); element pop();
    void insert(int i ... element[] x); void delete(int i = default, int j = default);
    bool initialized(int i);
    """

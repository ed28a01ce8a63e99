"""Words of TeX that set something and leave nothing behind: no definition, no file, no PostScript.

A label of these may be set in one document with the labels of other programs.
"""

from __future__ import annotations

_LETTERS = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi"
    " pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta"
    " Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar imath jmath wp Re Im aleph nabla partial"
)
_SYMBOLS = (
    "circ cdot cdots ldots dots dotsb dotsc vdots ddots times div pm mp ast star bullet oplus"
    " ominus otimes oslash odot dagger ddagger amalg le leq ge geq ne neq equiv approx cong sim"
    " simeq propto parallel perp mid nmid asymp doteq models vdash dashv ll gg prec succ preceq"
    " succeq angle measuredangle sphericalangle triangle triangleleft triangleright bigtriangleup"
    " bigtriangledown square blacksquare blacktriangle lozenge blacklozenge bigstar infty in notin"
    " ni subset subseteq supset supseteq sqsubset sqsupset cup cap uplus sqcup sqcap vee wedge"
    " emptyset varnothing setminus smallsetminus forall exists nexists neg lnot land lor top bot"
    " therefore because to gets rightarrow leftarrow leftrightarrow Rightarrow Leftarrow"
    " Leftrightarrow longrightarrow longleftarrow Longrightarrow Longleftarrow longleftrightarrow"
    " Longleftrightarrow mapsto longmapsto hookrightarrow rightharpoonup leftharpoonup iff implies"
    " uparrow downarrow updownarrow Uparrow Downarrow nearrow searrow swarrow nwarrow"
    " rightleftharpoons prime backslash diamond clubsuit diamondsuit heartsuit spadesuit flat"
    " natural sharp checkmark triangleq ncong nparallel leqslant geqslant lesssim gtrsim"
    " langle rangle lfloor rfloor lceil rceil lbrace rbrace lvert rvert lVert rVert vert Vert"
    " sum prod int iint oint coprod bigcup bigcap bigoplus limits nolimits colon smile frown"
)
_FUNCTIONS = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth log ln lg exp lim min max gcd"
    " det dim deg arg sup inf ker hom Pr limsup liminf mod bmod pmod operatorname"
)
_ABOVE = (
    "sqrt overline underline vec hat bar dot ddot tilde acute grave breve check widehat widetilde"
    " overrightarrow overleftarrow overleftrightarrow overbrace underbrace frac dfrac tfrac cfrac"
    " binom dbinom tbinom stackrel overset underset over choose atop not substack"
)
_DELIMITERS = (
    "left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm"
)
_STYLES = (
    "mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mathnormal mathop mathrel mathbin"
    " mathord boldsymbol displaystyle textstyle scriptstyle scriptscriptstyle text mbox hbox"
    " textbf textit textrm textsf texttt textsc textsl textup textmd textnormal emph ensuremath"
    " bf it rm sf tt sl sc em bfseries itshape rmfamily sffamily ttfamily scshape normalfont tiny"
    " scriptsize footnotesize small normalsize large Large LARGE huge Huge boldmath"
    " textsuperscript textsubscript"
)
_SPACES = (
    "quad qquad enspace thinspace medspace thickspace negthinspace hspace hfill hskip kern hfil"
    " phantom hphantom vphantom smash strut mathstrut null relax noindent centering raggedright"
    " par newline"
)
_BOXES = "fbox framebox makebox boxed parbox raisebox rule llap rlap hline"
_SIGNS_IN_TEXT = (
    "textdegree degree S P copyright pounds textbullet textbackslash textasciicircum"
    " textasciitilde textquotesingle textendash textemdash textless textgreater LaTeX TeX ae oe AE"
    " OE aa AA o O ss l L i j c v u H d b t"
)

#: Commands, without the backslash. Some want a package, or are no commands of mathematics.
COMMANDS = frozenset(
    word
    for words in (
        *(_LETTERS, _SYMBOLS, _FUNCTIONS, _ABOVE, _DELIMITERS, _STYLES, _SPACES, _BOXES),
        _SIGNS_IN_TEXT,
    )
    for word in words.split()
)

_ENVIRONMENTS = (
    "array matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix cases aligned minipage"
    " tabular center flushleft flushright"
)
#: Environments.
ENVIRONMENTS = frozenset(_ENVIRONMENTS.split())

#: Packages that only define words such as those above.
PACKAGES = ("amsmath", "amssymb", "amsfonts", "amsthm", "mathtools", "gensymb", "latexsym", "bm")

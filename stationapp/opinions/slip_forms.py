"""What is wrong with a line of slips, in a sentence."""

from flask_babel import gettext as _

from stationapp.opinions.rules import COMMENT_LENGTH
from stationapp.opinions.slip_rules import Line, LineProblem


def said_problem(line: Line, last: int) -> str:
    """The sentence for a line that cannot be read; `last` is the number of the last slip."""
    piece = line.piece
    return {
        LineProblem.UNREADABLE: _("看不懂。先写纸条上的号，空一格，再写 1、2、3 或者“满意”“一般”“不满意”。"),
        LineProblem.NO_SUCH_SLIP: _(
            "没有 %(piece)s 号，这份评价单是 1 到 %(last)s 号。", piece=piece, last=last
        ),
        LineProblem.BACKWARDS: _("“%(piece)s”前面的号比后面的大，请再看一遍。", piece=piece),
        LineProblem.NO_FACE: _("没有写是哪张脸：1 满意，2 一般，3 不满意。"),
        LineProblem.NO_SUCH_FACE: _("“%(piece)s”不是脸：1 满意，2 一般，3 不满意，0 收回。", piece=piece),
        LineProblem.TWICE: _("%(piece)s 号上面已经有了，一张纸条只录一次。", piece=piece),
        LineProblem.COMMENT_OF_MANY: _("带话的纸条请一行录一张；收回的不写话。"),
        LineProblem.COMMENT_TOO_LONG: _("这句话长了，请写在 %(most)s 个字以内。", most=COMMENT_LENGTH),
    }[line.problem]

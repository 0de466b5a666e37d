"""Teams of volunteers, what their members can do and when (domain.md §13, 8+N)."""

from datetime import datetime, timedelta
from enum import Enum

NAME_LENGTH, TITLE_LENGTH = 40, 60
"""Characters of a team's name, and of a training's or commendation's."""


class TeamKind(Enum):
    """The eight standing kinds of teams, and those a place adds."""

    POLICY = "policy"  # 理论政策宣讲
    CULTURE = "culture"  # 文化文艺
    LEARNING = "learning"  # 助学支教
    HEALTH = "health"  # 医疗健康
    SCIENCE = "science"  # 科学普及
    LAW = "law"  # 法律服务
    GREEN = "green"  # 卫生环保
    CARE = "care"  # 扶贫帮困
    LOCAL = "local"  # 特色队伍


class Skill(Enum):
    """What somebody can do for others; confirmed by a leader before it is relied on."""

    TEACHING = "teaching"
    LECTURING = "lecturing"
    HAIRCUT = "haircut"
    FIRST_AID = "first_aid"
    NURSING = "nursing"
    LAW = "law"
    MUSIC = "music"
    DANCE = "dance"
    CALLIGRAPHY = "calligraphy"
    REPAIR = "repair"
    PHONE_HELP = "phone_help"  # 教用手机
    SIGN_LANGUAGE = "sign_language"
    COUNSELLING = "counselling"
    PHOTOGRAPHY = "photography"
    DRIVING = "driving"
    COOKING = "cooking"


class DayPart(Enum):
    """A part of a day somebody can help in."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


_PARTS = ((12, DayPart.MORNING), (18, DayPart.AFTERNOON), (24, DayPart.EVENING))
"""Each part of a day with the hour it ends at."""


def parts_between(starts: datetime, ends: datetime) -> set[tuple[int, DayPart]]:
    """The parts of weekdays (0 Monday … 6 Sunday) that [starts, ends), in local time, lies in."""
    found, at = set(), starts
    while at < ends:
        until, part = next(one for one in _PARTS if at.hour < one[0])
        found.add((at.weekday(), part))
        at = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=until)
    return found


class RecordKind(Enum):
    """What else stands on a volunteer's record."""

    TRAINING = "training"
    COMMENDATION = "commendation"


class TeamRefusal(Enum):
    """Why something about teams is refused."""

    NAME_MISSING = "name_missing"
    NAME_TAKEN = "name_taken"  # another team of that site is called so
    NOT_A_MEMBER = "not_a_member"
    TITLE_MISSING = "title_missing"
    IN_FUTURE = "in_future"
    ENDED = "ended"
    NOT_OPEN = "not_open"  # the event has begun, is put off or off: not for a leader any more
    NOT_SAID = "not_said"  # nobody says of themselves that they can do this
    OWN_SKILL = "own_skill"  # nobody confirms what they said of themselves

"""Teams of volunteers, what their members can do and when (domain.md §13, 8+N)."""

from enum import Enum


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
    OWN_SKILL = "own_skill"  # nobody confirms what they said of themselves

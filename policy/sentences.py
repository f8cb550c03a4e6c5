"""Each reason as a sentence for people, in Chinese and English, by its code.

Kept beside the law and not in the message catalogue: a reason is part of a decision, which is
replayed years later and must then read as it did. Order of each pair: Chinese, English.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policy.terms import Because

SENTENCES: Mapping[Because, tuple[str, str]] = {
    Because.DEFAULT_SHARE: (
        "政务数据以共享为原则，该信息项可直接共享。",
        "Government data is shared by default, and nothing restricts this field.",
    ),
    Because.DEFAULT_OPEN: (
        "该信息项向社会无条件开放。",
        "This field is open to everyone.",
    ),
    Because.GRANTED: (
        "您持有的授权（编号 %(grant)s）包含该信息项。",
        "Your grant no. %(grant)s covers this field.",
    ),
    Because.OWN_DATA: (
        "这是本部门提供的数据。",
        "Your own department provides this data.",
    ),
    Because.MASKED_GRADE: (
        "该信息项为 %(grade)s 级，在此渠道只提供脱敏值。",
        "Fields of grade %(grade)s are shown masked on this channel.",
    ),
    Because.NEGATIVE_LIST: (
        "该信息项列入负面清单第 %(number)s 项，依据：%(basis)s。",
        "Line %(number)s of the negative list bars this field. Basis: %(basis)s.",
    ),
    Because.LINE_LAPSED: (
        "负面清单已没有有效条目限制该信息项，现为有条件共享（开放），请申请授权。",
        (
            "No live line of the negative list bars this field any more, so it is conditional "
            "now: ask for a grant."
        ),
    ),
    Because.NEEDS_GRANT: (
        "该信息项为有条件提供，请说明用途和使用场景，申请授权。",
        "This field is conditional: ask for a grant, stating purpose and scene.",
    ),
    Because.GRANT_NOT_LIVE: (
        "您的授权（编号 %(grant)s）尚未生效、已到期或已停用，请申请续期。",
        "Your grant no. %(grant)s has not begun, has ended or was stopped. Ask for it anew.",
    ),
    Because.MODE: (
        "您的授权（编号 %(grant)s）不包含此种使用方式，请改用已授权的方式，或申请增加。",
        (
            "Your grant no. %(grant)s does not allow this way of use. Use a way that it allows, "
            "or ask for this one."
        ),
    ),
    Because.NOT_OPEN: (
        "提供部门将该信息项定为不予开放。",
        "The providing department does not open this field to the public.",
    ),
    Because.NOT_A_DEPARTMENT: (
        "部门间共享只面向政府部门，请查看开放数据。",
        "Sharing is between departments of government. Look at the open data instead.",
    ),
    Because.GRADE_CLOSED: (
        "该信息项为 %(grade)s 级，不向社会开放。",
        "Fields of grade %(grade)s are not opened to the public.",
    ),
    Because.VERIFY_ONLY: (
        "该信息项为 %(grade)s 级，凭授权以核验方式（是或否）提供。",
        "Fields of grade %(grade)s are given as verification only (yes or no), under a grant.",
    ),
    Because.MASK_MISSING: (
        "该信息项须脱敏后提供，但尚未设定脱敏方式，可申请授权或请提供部门设定。",
        (
            "This field may only be shown masked, and no mask is set for it. Ask for a grant, or "
            "ask the providing department to set a mask."
        ),
    ),
    Because.MASK_TOO_WEAK: (
        "该信息项的脱敏方式不足以去标识化，不能向社会开放。",
        "The mask set for this field hides too little for showing it to everyone.",
    ),
    Because.PSEUDONYM_SHARED: (
        "假名只能按使用方分别生成，不能向社会统一开放。",
        "Pseudonyms are made for one consumer at a time, so none can be shown to everyone.",
    ),
    Because.MASK_RENEWED: (
        "脱敏规则已更新，平台正在重新脱敏该信息项的值，完成前不提供，请稍后再试。",
        (
            "The rules of masking have changed, and this field's values are being masked anew. "
            "Until that is done they are not shown: try again in some minutes."
        ),
    ),
    Because.UNGRADED: (
        "该信息项尚未定级，请提供部门先定级。",
        "This field has no grade yet. The providing department has to grade it first.",
    ),
    Because.CONCEALED: (
        "该信息项不对外说明。",
        "This field is not spoken of.",
    ),
    Because.ENDED: (
        "该信息项已停止提供，仅原有授权可继续使用。",
        "This field has ended; only grants that name it can still read it.",
    ),
    Because.NOT_STORABLE: (
        "国家秘密、工作秘密和核心数据不进入本平台。",
        "State secrets, work secrets and core data are not on this platform.",
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """Why a field is treated as it is: a code, and the legal basis if there is one.

    `details` are what the sentence names, as pairs of a placeholder and its words.
    """

    because: Because
    basis: str = ""
    details: tuple[tuple[str, str], ...] = ()

    def text(self, language: str) -> str:
        """Return the reason as a sentence: in Chinese for any `zh` language, else in English."""
        chinese, english = SENTENCES[self.because]
        template = chinese if language.lower().startswith("zh") else english
        return template % {"basis": self.basis, **dict(self.details)}

"""Words that ask or join and name nothing: they are not looked for where others are."""

EMPTY_WORDS = frozenset("的了和与及在是有等之年") | frozenset(
    ("a", "an", "and", "are", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to")
)
_ASKING = """
哪里 哪儿 哪 哪些 哪个 哪家 哪种 哪一 哪年 何处 何时 什么 什么样 啥 怎么 怎样 怎么样 如何
为什么 为何 谁 多少 几 几个 几点 几岁 几时 多久 多大 多长 是否 能否 可否 能不能 可不可以
有没有 是不是 有哪些 有什么 吗 呢 吧 啊 么 请问 我 我要 我想 我家 我们 你 你们 他 他们 她 自己
想 要 去 到 能 可以 会 应该 需要 想要 知道 想知道 了解 看 看看 找 找到 找谁 查 查找 查询
查一下 查看 搜索 获取 下载 告诉 帮 帮忙 给 用 把 被 让 从 对 向 就 都 还 也 又 很 最 一般 一下
一个 一些 时候 这 那 这个 那个 这里 那里 这座 这些 那些 附近 最近 目前 现在 关于 有关 相关
以及 或者 还有 直接 办 领
"""
_ASKING_ENGLISH = """
i me my we our you your it its he she they this that these those there here what which who whom
when where why how much many can could do does did will would should may find get show tell give
see look want need know please about with near be am was were been has have had not any some
"""
QUESTION_WORDS = frozenset(_ASKING.split()) | frozenset(_ASKING_ENGLISH.split())

_ABOUT_ANY = """
数据 资料 信息 资讯 集 数据库 下载 上传 表格 表单 文件 档案 文档 电子版 在线 入口 系统 网站 官网
官方 平台 最新 完整 全部 所有 详细 具体 公开 今天 今日 今年 当前 谢谢 感谢 您好 你好 麻烦 帮我 请
名单 清单 列表 一览表 统计表 csv excel xls xlsx json xml pdf word zip api 接口
data dataset datasets database file files download downloads list lists information info details
table tables spreadsheet latest newest current online website portal open official free thanks
"""
ABOUT_ANY = frozenset(_ABOUT_ANY.split())
"""Words that could be said of any entry: they help where they stand, and nothing hangs on them."""

"""Every setting of the platform, all from the environment; docs/operations.md explains each.

Where DATABASE_URL and REDIS_URL are not given, the embedded services below `var/` are used if
they are up (`make demo`), and the keys are kept in `var/secrets.json`, made once.
"""

import base64
import contextlib
import json
import os
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config import embedded, environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(environment.text("VAR_DIR") or BASE_DIR / "var")

# --- services -------------------------------------------------------------------------------

DATABASE_URL = environment.text("DATABASE_URL")
REDIS_URL = environment.text("REDIS_URL")
EMBEDDED = not DATABASE_URL
SERVICES_MISSING = ""  # a sentence where neither servers are named nor the embedded ones run
if not (DATABASE_URL and REDIS_URL):
    _found = embedded.running(VAR)
    if not _found:
        SERVICES_MISSING = (
            f"No database: DATABASE_URL and REDIS_URL are not both set, and no services run below"
            f" {VAR}. Start them with “make demo”, or set both to servers of your own."
        )
        # commands that need no database, such as `check`, still work
        _found = embedded.Services(str(VAR / "run"), str(VAR / "run" / "valkey.sock"))
    DATABASE_URL = DATABASE_URL or _found.database_url()
    REDIS_URL = REDIS_URL or _found.redis_url()

DATABASE_POOL = environment.whole("DATABASE_POOL", 0)  # connections a process; 0: no pool
DATABASES = {"default": environment.database(DATABASE_URL)}
DATABASES["default"]["OPTIONS"] = {}
DATABASES["default"]["TIME_ZONE"] = "Asia/Shanghai"  # rows come out with the city's offset
if DATABASE_POOL:
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL,
        "timeout": 10,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 600
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- secrets --------------------------------------------------------------------------------


def _kept_secrets() -> dict[str, str]:
    """Return the keys of an embedded installation, made at its first start."""
    path = VAR / "secrets.json"
    if not path.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        with tempfile.NamedTemporaryFile("w", dir=VAR) as whole:  # closed to others (0600)
            whole.write(json.dumps(made))
            whole.flush()
            with contextlib.suppress(FileExistsError):  # another process was first
                os.link(whole.name, path)
    return json.loads(path.read_text())


def _secret(name: str) -> str:
    value = environment.text(name)
    if value:
        return value
    if EMBEDDED:
        return _kept_secrets()[name]
    raise environment.ImproperlyConfigured(
        f"{name} is not set. With servers of your own the keys must come from the environment;"
        " see docs/operations.md."
    )


SECRET_KEY = _secret("SECRET_KEY")
FIELD_KEY = environment.key("FIELD_KEY", _secret("FIELD_KEY"))

# --- the site -------------------------------------------------------------------------------

DEBUG = environment.flag("DEBUG", default=False)
ALLOWED_HOSTS = environment.several("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = environment.several("CSRF_TRUSTED_ORIGINS")
PUBLIC_BASE_URL = environment.text("PUBLIC_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
SECURITY_CONTACT = environment.contacts("SECURITY_CONTACT")
CITY_NAME_ZH = environment.text("CITY_NAME_ZH", "海湾市")
CITY_NAME_EN = environment.text("CITY_NAME_EN", "Bay City")
REGION_CODE = environment.text("REGION_CODE", "990100")
DOORS = environment.some(
    "DOORS", "open,members,office", {"open", "conditional", "members", "office"}
)
SIGNED_IN = not {"members", "office"}.isdisjoint(DOORS)  # people sign in here, and write
SECURE = environment.flag("SECURE", default=False)
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")
METRICS = environment.flag("METRICS", default=False)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
if "office" not in DOORS:  # members' sessions lie in a table of their own, under another cookie
    SESSION_ENGINE = "accounts.models.sessions"
    SESSION_COOKIE_NAME = "member"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_SSL_REDIRECT = False  # the proxy in front does that
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # 400 fields of a table in one form

# --- catalogue ------------------------------------------------------------------------------

CLOCK_PROFILE = environment.text("CLOCK_PROFILE", "order809")

# --- signing in -----------------------------------------------------------------------------

SESSION_IDLE_MINUTES = environment.whole("SESSION_IDLE_MINUTES", 30)
SIGN_IN_TRIES = environment.whole("SIGN_IN_TRIES", 5)
SIGN_IN_LOCK_MINUTES = environment.whole("SIGN_IN_LOCK_MINUTES", 30)
SIGN_IN_NAME_TRIES = environment.whole("SIGN_IN_NAME_TRIES", 20)
SIGN_IN_ADDRESS_TRIES = environment.whole("SIGN_IN_ADDRESS_TRIES", 100)
PASSWORD_DAYS = environment.whole("PASSWORD_DAYS", 90)
PASSWORD_HISTORY = environment.whole("PASSWORD_HISTORY", 5)
INVITATION_DAYS = environment.whole("INVITATION_DAYS", 3)
PASSWORD_RESET_TIMEOUT = INVITATION_DAYS * 86_400
FOR_WHOM = {"off", "administrators", "everybody"}
SECOND_FACTOR = environment.choice("SECOND_FACTOR", "administrators", FOR_WHOM)
AXES_HANDLER = "accounts.guessing.Handler"
AXES_ENABLE_ACCESS_FAILURE_LOG = True  # what the limits by name and by address count
AXES_ACCESS_FAILURE_LOG_PER_USER_LIMIT = 1_000_000  # an hour's are kept, however many
AXES_FAILURE_LIMIT = SIGN_IN_TRIES
AXES_LOCK_OUT_AT_FAILURE = SIGN_IN_TRIES > 0
AXES_COOLOFF_TIME = timedelta(minutes=SIGN_IN_LOCK_MINUTES)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the lock ends when it was said to end
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.sign_in.typed_name"
AXES_CLIENT_IP_CALLABLE = "accounts.sign_in.address"
AXES_LOCKOUT_CALLABLE = "backoffice.sign_in.locked_answer"
AXES_SENSITIVE_PARAMETERS = ["username", "login", "ip_address", "code", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # who signed in is in the audit trail
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

# --- exchange -------------------------------------------------------------------------------

FILE_ROOTS = environment.several("FILE_ROOTS", str(VAR / "intake"), separator=":")
FILE_STORE = environment.text("FILE_STORE") or str(VAR / "files")
PUBLIC_FILE_STORE = environment.text("PUBLIC_FILE_STORE") or str(VAR / "public_files")
UPLOAD_MB = environment.whole("UPLOAD_MB", 100)
WORKBOOK_DAYS = environment.whole("WORKBOOK_DAYS", 90)
UNPACK_MB = environment.whole("UNPACK_MB", 20_000)
UNPACK_RATIO = environment.whole("UNPACK_RATIO", 200)
REJECTED_DAYS = environment.whole("REJECTED_DAYS", 30)
UNDO_DAYS = environment.whole("UNDO_DAYS", 7)
TOMBSTONE_DAYS = environment.whole("TOMBSTONE_DAYS", 90)
READ_TIMEOUT_MS = environment.whole("READ_TIMEOUT_MS", 5000)
DOWNLOAD_TIMEOUT_S = environment.whole("DOWNLOAD_TIMEOUT_S", 900)
KEPT_PAGES_MB = environment.whole("KEPT_PAGES_MB", 32)  # a process; 0: none are kept
READS_ONLY = not SIGNED_IN  # every statement is a reader's
if READS_ONLY:
    DATABASES["default"]["OPTIONS"]["options"] = f"-c statement_timeout={READ_TIMEOUT_MS}"
ANONYMOUS_PER_MINUTE = environment.whole("ANONYMOUS_PER_MINUTE", 60)
ANONYMOUS_PER_DAY = environment.whole("ANONYMOUS_PER_DAY", 5000)
VERIFY_TRIES = environment.whole("VERIFY_TRIES", 5)
VERIFY_SUBJECTS = environment.whole("VERIFY_SUBJECTS", 1000)
BATCH_ROOT = environment.text("BATCH_ROOT") or str(VAR / "batches")
BATCH_DAYS = environment.whole("BATCH_DAYS", 7)
WEBHOOK_DAYS = environment.whole("WEBHOOK_DAYS", 30)
WEBHOOKS_INSIDE = environment.networks("WEBHOOKS_INSIDE")
WEBHOOKS_REFUSED = environment.networks("WEBHOOKS_REFUSED")
AUDIT_ALGORITHM = environment.choice("AUDIT_ALGORITHM", "sha256", {"sha256", "sm3"})

# --- what people say -----------------------------------------------------------------------

TALK_PER_DAY = environment.whole("TALK_PER_DAY", 10)

# --- Django ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",  # before what reads in forms: it gives their fields our sentences
    "unfold.apps.BasicAppConfig",  # its site is extended by backoffice.site
    "unfold.contrib.import_export",
    "backoffice.apps.OfficeAdminConfig",  # django.contrib.admin with that site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "import_export",
    "django_celery_beat",
    "axes",
    "audit",
    "accounts",
    "catalog",
    "exchange",
    "community",
    "oversight",
    "api",
    "portal",  # before allauth, whose templates it replaces
    *(
        [
            "allauth",
            "allauth.account",
            "allauth.socialaccount",
            "allauth.socialaccount.providers.openid_connect",
        ]
        if SIGNED_IN
        else []
    ),
    "backoffice",
    "demo",
]
MIDDLEWARE = [
    "config.middleware.traced",
    *(["config.metrics.counted"] if METRICS else []),
    "config.middleware.guarded",
    "config.wire.packed",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # the open door takes no forms and knows no sign-in: it needs neither sessions nor tokens
    *(["django.contrib.sessions.middleware.SessionMiddleware"] if SIGNED_IN else []),
    "config.middleware.language",
    *(["config.middleware.behind_own_doors"] if "open" not in DOORS else []),
    *(
        [
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "config.middleware.looked_at",
            "django.contrib.messages.middleware.MessageMiddleware",
            "backoffice.sessions.bounded",
            "portal.members.door.bounded",
            "allauth.account.middleware.AccountMiddleware",
            "axes.middleware.AxesMiddleware",
        ]
        if SIGNED_IN
        else []
    ),
    "config.middleware.Readable",
]
CSRF_FAILURE_VIEW = "config.refusals.form_stale"
if not SIGNED_IN:  # no back office is served here, so its checks have no object
    SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410", "axes.W002"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "backoffice" / "theme"],  # stand for the theme's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it stops who is locked out
    "accounts.backends.RoleBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "accounts.passwords.LongEnough",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.passwords.ThreeOfFourClasses"},
    {"NAME": "accounts.passwords.WithoutUserName"},
    {"NAME": "accounts.passwords.NotOneOfTheLast"},
]
LOGIN_URL = "/office/login/"

# --- members: sign-up and sign-in by django-allauth ---------------------------------------------

ACCOUNT_ADAPTER = "portal.members.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "portal.members.forms.SignIn",
    "signup": "portal.members.forms.SignUp",
    "reset_password": "portal.members.forms.Forgotten",
    "reset_password_from_key": "portal.members.forms.NewPassword",
    "change_password": "portal.members.forms.ChangePassword",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True  # one answer, whether an address is known or not
ACCOUNT_RATE_LIMITS = False  # its limits wait and sleep; those of accounts.limits refuse
ACCOUNT_SESSION_REMEMBER = False  # the cookie ends with the browser
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a changed password its owner is told
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL = "/my/sign-in/?confirmed"
LOGIN_REDIRECT_URL = "/my/"
OIDC_SERVER = environment.address("OIDC_SERVER")
OIDC_NAME = environment.text("OIDC_NAME")
OIDC_CLIENT = environment.text("OIDC_CLIENT")
OIDC_SECRET = environment.text("OIDC_SECRET")
OIDC_INSIDE = environment.networks("OIDC_INSIDE")
environment.together("OIDC_SERVER", "OIDC_CLIENT", "OIDC_SECRET")
SOCIALACCOUNT_ADAPTER = "portal.members.foreign.ForeignAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False  # that is the adapter's to do
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}

# --- mail -----------------------------------------------------------------------------------

EMAIL_HOST = environment.text("MAIL_HOST")
EMAIL_PORT = environment.whole("MAIL_PORT", 587)
EMAIL_HOST_USER = environment.text("MAIL_USER")
EMAIL_HOST_PASSWORD = environment.text("MAIL_PASSWORD")
EMAIL_USE_TLS = environment.flag("MAIL_TLS", default=True)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM", "city-data@localhost")
EMAIL_FILE_PATH = VAR / "mail"  # without a mail server, mails are files: nothing is lost
EMAIL_BACKEND = "django.core.mail.backends." + (
    "smtp.EmailBackend" if EMAIL_HOST else "filebased.EmailBackend"
)

LANGUAGE_CODE = "zh-hans"
FORMAT_MODULE_PATH = "config.formats"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# --- API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.OneForm",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "City data exchange – open API",
    "DESCRIPTION": (
        "Datasets of the city's departments: shared by default, refused only by law, opened by"
        " sensitivity. 城市数据共享交换与开放平台接口。"
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "TAGS": [
        {
            "name": "share requests",
            "description": (
                "A department asks for datasets: drafts, changes, lays before its head, withdraws."
                " An app asks for the person who registered it, with that person's rights; signing"
                " stays with people. 部门通过接口提出共享申请；签字仍由负责人在工作台完成。"
            ),
        }
    ],
    "WEBHOOKS": "api.webhook_documents.WEBHOOKS",
    "ENUM_NAME_OVERRIDES": {
        "RequestStateEnum": "exchange.workflow.State.values",
        "GrantStateEnum": "exchange.workflow.GrantState.values",
        "CorrectionStateEnum": "exchange.correction_flow.CorrectionState.values",
        "BatchStateEnum": "exchange.batch_flow.BatchState.values",
    },
}

# --- Celery ---------------------------------------------------------------------------------

CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_TASK_DEFAULT_QUEUE = "city"
HOOKS_QUEUE = "hooks"  # its worker waits for programs outside, and alone needs a way there
BRIEF_QUEUE = "brief"  # has a worker of its own: a queue full of long syncs holds none of it up
CELERY_TASK_ROUTES = {
    "accounts.tasks.*": {"queue": BRIEF_QUEUE},
    "audit.tasks.*": {"queue": BRIEF_QUEUE},
    "catalog.tasks.*": {"queue": BRIEF_QUEUE},
    "community.tasks.*": {"queue": BRIEF_QUEUE},
    "oversight.tasks.*": {"queue": BRIEF_QUEUE},
    "exchange.tasks.sync_due": {"queue": BRIEF_QUEUE},
    "exchange.tasks.tend_public_files": {"queue": BRIEF_QUEUE},
    "exchange.tasks.send_webhooks": {"queue": HOOKS_QUEUE},
}
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# longer than any run: a message given out twice would only find the run's lease taken
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "config.clockwork.Scheduler"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- logs -----------------------------------------------------------------------------------

LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"})
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"axes": {"level": "WARNING"}},  # each sign-in is in the audit trail already
}

UNFOLD = {
    "SITE_TITLE": _("City data exchange"),
    "SITE_HEADER": _("City data exchange"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "hub",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("portal/city.svg"),
        }
    ],
    "STYLES": [lambda _request: static("backoffice/theme.css")],
    "SCRIPTS": [
        lambda _request: static("backoffice/expressions.js"),
        lambda _request: static("backoffice/theme.js"),
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "ACCOUNT": {"navigation": [{"title": _("My account"), "link": reverse_lazy("admin:me")}]},
    "SIDEBAR": {"navigation": "backoffice.navigation.of", "show_all_applications": True},
}

from accounts.models.apps import ApiKey, App
from accounts.models.claims import ClaimState, CompanyClaim, CompanyInvitation
from accounts.models.delegations import Delegation
from accounts.models.notices import Notice, NoticeSeen
from accounts.models.organizations import Organization, OrganizationKept
from accounts.models.passwords import PastPassword
from accounts.models.people import Membership, User
from accounts.models.regions import CodeSystem, Region, RegionBoundary
from accounts.models.second_factor import RecoveryCode, SecondFactor
from accounts.models.sessions import MemberSession
from accounts.roles import OrganizationKind, Role

__all__ = [
    "ApiKey",
    "App",
    "ClaimState",
    "CodeSystem",
    "CompanyClaim",
    "CompanyInvitation",
    "Delegation",
    "MemberSession",
    "Membership",
    "Notice",
    "NoticeSeen",
    "Organization",
    "OrganizationKept",
    "OrganizationKind",
    "PastPassword",
    "RecoveryCode",
    "Region",
    "RegionBoundary",
    "Role",
    "SecondFactor",
    "User",
]

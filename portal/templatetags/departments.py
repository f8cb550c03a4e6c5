"""Departments as pages name them: with the way to what they publish and how they stand."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Organization

register = template.Library()


@register.filter
def department(owner: Organization) -> SafeString:
    """Return a department's name with a link to its page. For one that publishes: others have
    no page."""
    address = reverse("portal-department", args=[owner.slug])
    return format_html('<a href="{}">{}</a>', address, owner)

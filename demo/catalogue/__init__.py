"""What else the city publishes: many small entries, a module for each part of its life."""

from demo.catalogue.care import CARE
from demo.catalogue.economy import ECONOMY
from demo.catalogue.nature import NATURE
from demo.catalogue.people import PEOPLE
from demo.catalogue.streets import STREETS_AND_SERVICES
from demo.catalogue.traffic import TRAFFIC

SMALL = (*PEOPLE, *ECONOMY, *TRAFFIC, *NATURE, *CARE, *STREETS_AND_SERVICES)
"""In the order in which they are drafted; each says itself when it was published."""

__all__ = ["SMALL"]

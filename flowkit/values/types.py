"""All value types of the language by the names that authors write."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flowkit.values.contract import Settings, ValueProblem, ValueType
from flowkit.values.durations import DurationType
from flowkit.values.files import MediaType, SignatureType
from flowkit.values.hours import HoursType
from flowkit.values.lists import CHOICES, LIST, ROWS
from flowkit.values.locations import LocationType
from flowkit.values.moments import DatetimeType, DateType, TimeType
from flowkit.values.numbers import MoneyType, NumberType, RatingType
from flowkit.values.switches import SwitchType
from flowkit.values.texts import ADDRESS, CHOICE, EMAIL, PHONE, PLATE, ROLE, TEXT, PersonType, ReferenceType

__all__ = ["VALUE_TYPES", "Settings", "ValueProblem", "ValueType"]

_ALL: tuple[ValueType, ...] = (
    TEXT,
    NumberType(),
    MoneyType(),
    DateType(),
    TimeType(),
    DatetimeType(),
    DurationType(),
    HoursType(),
    SwitchType(),
    CHOICE,
    CHOICES,
    RatingType(),
    PHONE,
    PLATE,
    EMAIL,
    ADDRESS,
    LocationType(),
    MediaType(),
    SignatureType(),
    ReferenceType(),
    PersonType(),
    LIST,
    ROWS,
    ROLE,
)

VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({t.name: t for t in _ALL})

"""What a call surely gives: enough to say that its value cannot be awaited."""

from __future__ import annotations

from awaitlens.program.facts import UNKNOWN, Facts, Other, Scope

NEVER_AWAITABLE = frozenset(
    {"NoneType", "str", "bytes", "int", "float", "bool", "list", "dict", "set", "tuple", "frozenset",
     "django.db.models.QuerySet", "requests.Response"}
)  # fmt: skip
"""Classes whose instances have no `__await__`."""

_PLAIN = {
    "asyncio.Event": "set clear is_set",
    "asyncio.Queue": "put_nowait task_done qsize empty full",
    "asyncio.Lock": "release locked",
    "asyncio.Semaphore": "release locked",
    "asyncio.Condition": "notify notify_all release locked",
    "asyncio.Future": "cancel set_result set_exception add_done_callback done cancelled",
    "asyncio.Task": "cancel add_done_callback done cancelled",
    "asyncio.StreamWriter": "write writelines close is_closing write_eof",
    "asyncio.AbstractEventLoop": "call_soon call_later call_at call_soon_threadsafe stop close is_running time",
    "sqlalchemy.ext.asyncio.AsyncSession": "add add_all expunge expunge_all expire",
    "starlette.background.BackgroundTasks": "add_task",
    "httpx.Response": "json raise_for_status",
    "requests.Response": "json raise_for_status",
    "homeassistant.core.EventBus": "async_fire async_listen async_listen_once fire",
    "homeassistant.core.StateMachine": "async_set async_remove async_all async_entity_ids get is_state",
    "homeassistant.core.ServiceRegistry": "async_register async_remove async_services has_service",
    "homeassistant.config_entries.ConfigEntries": "async_update_entry async_entries async_get_entry async_schedule_reload",
    "homeassistant.config_entries.ConfigEntry": "async_on_unload add_update_listener",
    "homeassistant.helpers.entity.Entity": "async_write_ha_state async_schedule_update_ha_state schedule_update_ha_state"
    " async_on_remove",
}
GIVES_PLAINLY = frozenset({"time.sleep", "print", "random.seed", "gc.collect", "sys.exit"}).union(
    f"{owner}.{name}" for owner, names in _PLAIN.items() for name in names.split()
)
"""External functions that give nothing, or a plain value (CPython 3.8-3.15, SQLAlchemy 1.4-2, Home Assistant 2021-2026)."""


def gives_nothing(facts: Facts, scope: Scope) -> bool:
    """Whether a function surely gives None: a body that does something and never returns a value.

    A body that only raises, or does nothing at all, is a place for somebody else's code.
    """
    if scope.is_async or scope.is_generator or scope.kind != "function" or scope.decorators:
        return False
    jumps = [jump for jump in facts.jumps if jump.scope == scope.number]
    if any(
        jump.kind == "return" and jump.value is not UNKNOWN and not _is_none(jump.value) for jump in jumps
    ):
        return False
    if any(jump.kind == "raise" for jump in jumps):
        return False
    calls = any(call.scope == scope.number for call in facts.calls)
    writes = any(access.scope == scope.number for access in facts.accesses)
    return (calls or writes) and scope.returns is None


def _is_none(value: object) -> bool:
    return isinstance(value, tuple) and not isinstance(value, Other) and value == (None,)

"""How people are called in a report: `role:NAME` by the role's title, `ENTITY:KEY` by the key and the record's name."""

from __future__ import annotations

from flowkit.app.app import App


def people_names(app: App) -> dict[str, str]:
    """Words for each role and for each person among the app's own rows; who is not here is told by his actor."""
    workflow = next(iter(app.workflows.values()), None)
    names: dict[str, str] = {}
    if workflow is None:
        return names
    for role, title in workflow.business.roles.items():
        names[f"role:{role}"] = f"{title}(组)"
    for entity in (app.staff_entity, app.customer_entity):
        definition = app.entities.get(entity) if entity else None
        label = definition.label if definition is not None else None
        if definition is None or label is None:
            continue
        for key, stored in app.rows.get(definition.name, {}).items():
            name = stored.get(label)
            # What is personal does not stand in a report.
            if isinstance(name, str) and name != key and not definition.fields[label].personal:
                names[f"{entity}:{key}"] = f"{name}({key})"
    return names

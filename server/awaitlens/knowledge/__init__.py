"""What the standard library, Django and common packages do, as data.

Nothing here looks at user code, and nothing here is imported from the packages it speaks of: the tables in `data/`
were read off installed packages by `tools/harvest_knowledge.py`, or written by hand (`*_by_hand.tsv` and the rest).
Tables are read when first asked for. The modules:

- `aliases`: one name for each thing, however it was imported
- `types`: external classes, what calls return
- `coroutines`: what calling an external function gives: a coroutine, a running task, a plain value
- `blocking`: calls that hold up the thread they run in
- `django`: asynchronous twins and since when, lazy and evaluating queryset methods, what raises and what blocks
- `concurrency`: who runs a function where: threads, the loop, frameworks; locks; spawners of tasks
"""

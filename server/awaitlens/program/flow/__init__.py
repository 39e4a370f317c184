"""Flow: in which order one async function does what, where it may be interrupted, and what two of it do to each other.

`trace` writes a function down as events while its tree is at hand; `graph` answers questions about paths, suspension
points and locks; `explorer` lets two tasks run side by side until a schedule proves a race; `races` asks all of
them and names what it found.
"""

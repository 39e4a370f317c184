"""Flow: in which order one async function does what, where it may be interrupted, and what two of it do to each other.

- `trace` (with `emitter`, `expressions` and `stores`) writes a function down as events while its tree is at hand:
  `model` says what they are. The answer is a value, kept among the block's facts.
- `graph` answers questions about paths, where values come from, suspension points and locks.
- `symbols` and `explorer` let two tasks run side by side until a schedule proves a race; `story` tells the proof.
- `sharing`, `concurrency`, `phases` and `suspending` judge whether two tasks can meet there at all; `locks` what keeps
  them apart; `settling` whether it matters who writes last.
- `helpers` (with `splicing`) puts in what a function has others read and write for it; `saves` are files that threads write.
- `remote` says what the other functions of a class or module do to a place, each write as one step.
- `races`, `iterations`, `refills`, `overwritten`, `readers` and `conflicts` (what one function saw, another takes away)
  ask all of them and name what they found; `verify` asks again after a repair, with every block that it touches.
- `reduction` and `miniatures` write what was found as a small program, for the script that shows it to its user.

Everything is bounded: a function of more than 1,500 events has no flow, 250 paths and 40 pairs of runs are looked at per
function, 600 moments of choice per pair. Of another function one write is played, not the whole of it, and only under
the locks around it. What lies beyond a bound is left unproved. It is never a finding.
"""

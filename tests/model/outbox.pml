/* How a relay finds the rows of an outbox (docs/protocol.md, section 5): ids are given out in one
 * order and committed in another, some never. Every row that is committed has to be published. */

#define WRITERS 4
#define BY_CURSOR 1
#ifndef MUTANT
#define MUTANT 0
#endif

byte next_id = 0;
byte rows = 0;      /* committed and not yet deleted, by id */
byte committed = 0; /* ever */
byte published = 0;
byte at_work = WRITERS;

proctype writer() {
  byte id;
  atomic { id = next_id; next_id++ }
  atomic {
    if
    :: rows = rows | (1 << id); committed = committed | (1 << id)
    :: skip /* rolled back: the id stays unused */
    fi;
    at_work--
  }
}

#if MUTANT == BY_CURSOR
#define is_found(id) ((rows & (1 << id)) && id >= next)
#else
#define is_found(id) (rows & (1 << id))
#endif

/* One at a time, the lowest that it finds. */
proctype relay() {
  byte id;
  byte next = 0;
end:
  do
  :: atomic {
      if
      :: is_found(0) -> id = 0
      :: !is_found(0) && is_found(1) -> id = 1
      :: !is_found(0) && !is_found(1) && is_found(2) -> id = 2
      :: !is_found(0) && !is_found(1) && !is_found(2) && is_found(3) -> id = 3
      fi;
      published = published | (1 << id);
      rows = rows & ~(1 << id);
#if MUTANT == BY_CURSOR
      next = id + 1;
#endif
      id = 0
    }
  od
}

init {
  byte i;
  atomic {
    for (i : 1 .. WRITERS) { run writer() }
    run relay();
    i = 0
  }
}

ltl none_is_lost { <> (at_work == 0 && published == committed) }

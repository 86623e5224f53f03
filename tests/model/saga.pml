/* The protocol of docs/protocol.md, sections 1, 2 and 5: one saga of a few steps, each with a
 * participant of its own, under everything that may happen to messages and processes. What holds is
 * asserted where an effect happens and where the saga ends; scripts/model builds and runs it.
 *
 * Two worlds:
 *   (default)  The bus never forgets: a message that was sent once may arrive at any time, as often
 *              as it likes, in any order, or never. So every loss, duplicate, reordering and crash
 *              between a commit and what follows it is a run of this world; only safety is asked.
 *   CARRIED    Outbox rows, a relay, streams with acknowledgements, a rescuer. FAULTS says how often
 *              a process is killed after a commit or a message is sent twice, LOSSES how often the
 *              bus loses one message or all. Here every saga has to end (ltl ends).
 *
 * What is in a run is chosen by -D:
 *   N          steps (2, 3)
 *   GRAPH      1 chain, 2 all at once, 3 fork (0 before 1 and 2), 4 join (0 and 1 before 2)
 *   PIVOT      index of the pivot step
 *   OPERATOR   a person pauses, resumes, and retries in a higher round
 *   ON_EXHAUSTED_PAUSE   instead of turning back
 *   LATER      actions may answer later; the answer comes from outside
 *   FORGETTING rows of an ended saga are forgotten after their retention
 *   WITHOUT_RESCUER   while the bus keeps what it has, none is needed
 *   MUTANT=m   one rule is broken; see the list in scripts/model
 */

#ifndef N
#define N 2
#endif
#ifndef GRAPH
#define GRAPH 1
#endif
#ifndef PIVOT
#define PIVOT 255
#endif
#ifndef FAULTS
#define FAULTS 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif

#define NO_BARRIER 1
#define SETTLE_BARS_NOTHING 2
#define NO_SETTLE 3
#define UNDO_AT_ONCE 4
#define UNDO_FORWARD 5
#define RESULT_BEFORE_COMMIT 6
#define COMMAND_BEFORE_COMMIT 7
#define EFFECT_APART 8
#define DONE_REPLACED 9
#define REFUSAL_NOT_FINAL 10
#define SETTLE_KEEPS_OLD_ROUND 11
#define OLD_ROUND_COUNTS 12
#define PIVOT_UNDONE 13
#define PAUSE_HIDES_PIVOT 14
#define STALE_COPY_RUNS 15
#define LATER_FAILED_KEPT 16
#define UNDO_NOT_RECORDED 17
#define COMMAND_ACKED_FIRST 18
#define RESULT_ACKED_FIRST 19
#define DELETED_BEFORE_CONFIRMED 20
#define NO_SWEEP 21
#define NO_RESCUER 22
#define RESCUED_ONCE 23
#define RETRY_ACKED_FIRST 24
#define OLD_DONE_IGNORED 25
#ifndef MUTANT
#define MUTANT 0
#endif

#if GRAPH == 1
#define needs(later_, earlier_) ((later_) == (earlier_) + 1)
#elif GRAPH == 2
#define needs(later_, earlier_) (false)
#elif GRAPH == 3
#define needs(later_, earlier_) ((earlier_) == 0 && (later_) > 0)
#else
#define needs(later_, earlier_) ((later_) == N - 1 && (earlier_) < N - 1)
#endif

/* A command of a step is a bit of cmd[]. A try is an attempt and its round: 0 and 1 are the two
 * attempts of round 0, 2 is the one of round 1. */
#define DO(try_) (1 << (try_))
#define SETTLE(round_) (1 << (3 + (round_)))
#define UNDO(try_) (1 << (5 + (try_)))
#define kCommands 8
#define round_of(try_) ((try_) == 2)
#define first_try(round_) ((round_) -> 2 : 0)
#define is_last(try_) ((try_) > 0)

/* A result of a step is a bit of res[]. A retry is one of its try, the others of their round. */
#define DONE 0
#define FAILED 2
#define BARRED 4
#define LATER_ 6
#define UDONE 8
#define UFAILED 10
#define RETRY 12
#define URETRY 15
#define UMISSING 18
#define kResults 19

/* Of the saga. */
#define kRunning 0
#define kCompensating 1
#define kPaused 2
#define kCompleted 3
#define kCompensated 4

/* Of a step. */
#define kPending 0
#define kInFlight 1
#define kRetrying 2
#define kWaiting 3
#define kDone 4
#define kFailed 5
#define kSkipped 6
#define kSettling 7
#define kUndoing 8
#define kUndone 9

/* The engine's database. */
byte saga = kRunning;
byte paused_from = kRunning;
byte status[N];
byte try[N];
bool exhausted[N];
bool took_effect[N]; /* answered later and then failed */

/* The participants' databases: the row of an action and of its compensation, 0 if there is none,
 * else what it answered (DONE, FAILED, BARRED, LATER_, UDONE, UFAILED), its round added, plus 1. */
byte row[N];
byte undo_row[N];
#if MUTANT == EFFECT_APART
bool effect_only[N]; /* the effect is in, the row is not yet */
#endif
bool forgotten = false;

/* The world. */
bool acted[N];
bool undone[N];
#ifdef LATER
bool answered_outside[N];
#endif
bool cancelled = false;

/* What is on the bus, by step. */
byte cmd[N];
int res[N];

#ifdef CARRIED
bool unanswered[N];
byte engine_outbox[N];
int outbox[N];
byte faults = FAULTS;
byte losses = LOSSES;
#if MUTANT == RESCUED_ONCE
bool rescued[N];
#endif
#endif

/* What is promised; named, so that spin names what is broken. */
hidden byte acts_at_most_once;
hidden byte never_acts_after_its_undo;
hidden byte never_acts_after_the_end;
hidden byte acts_on_what_it_needs;
hidden byte undoes_only_what_is_done;
hidden byte undoes_only_what_has_its_row;
hidden byte undoes_at_most_once;
hidden byte undoes_nothing_after_the_pivot;
hidden byte undoes_dependents_first;
hidden byte completed_means_all_effects;
hidden byte compensated_means_none;
hidden byte only_a_settle_bars;
#define promise(name, holds) name = (holds); assert(name)

/* Scratch of the transactions; nothing between two of them. */
hidden byte i;
hidden byte j;
hidden byte over;
hidden byte resolved[N];
hidden byte found;
hidden int answer;

#define is_at_rest(s) (status[s] == kPending || status[s] == kSkipped || status[s] == kUndone \
                       || (status[s] == kFailed && !took_effect[s]))
#define lets_pass(s) (status[s] == kDone || status[s] == kSkipped)
#define is_open(s) (status[s] == kInFlight || status[s] == kRetrying || status[s] == kSettling \
                    || status[s] == kWaiting)
#define passed_pivot() (PIVOT < N && status[PIVOT] == kDone)
#define is_over (saga == kCompleted || saga == kCompensated)
#define has_ended (is_over || saga == kPaused)

/* One of the steps for which the condition, a macro of the step, holds. */
#if N == 2
#define any_step(s, condition) if \
  :: condition(0) -> s = 0 \
  :: condition(1) -> s = 1 \
  fi
#else
#define any_step(s, condition) if \
  :: condition(0) -> s = 0 \
  :: condition(1) -> s = 1 \
  :: condition(2) -> s = 2 \
  fi
#endif

#include "coordinator.pml"
#include "participant.pml"
#ifdef CARRIED
#include "carried_bus.pml"
#else
#include "eternal_bus.pml"
#endif
#include "world.pml"

init {
  byte s;
  atomic {
    d_step { proceed() }
    for (s : 0 .. N - 1) {
      run participant(s)
    }
    run coordinator();
    run clock();
#ifdef CARRIED
    run relay();
    run bus();
#ifndef WITHOUT_RESCUER
    run rescuer();
#endif
#endif
#ifdef LATER
    run outside();
#endif
#ifdef OPERATOR
    run operator();
#endif
    s = 0
  }
}

#ifdef CARRIED
ltl ends { <> has_ended }
#endif

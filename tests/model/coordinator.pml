/* ---- The coordinator: decide(), as engine/saga has it ------------------------------------- */

inline send(s, command) {
#ifdef CARRIED
  engine_outbox[s] = engine_outbox[s] | (command);
  unanswered[s] = true
#else
  cmd[s] = cmd[s] | (command)
#endif
}

inline answered(s) {
#ifdef CARRIED
  unanswered[s] = false
#else
  skip
#endif
}

inline pause() {
  paused_from = saga;
  saga = kPaused
}

inline turn_back() {
  saga = kCompensating;
  for (i : 0 .. N - 1) {
    if
    :: status[i] == kInFlight || status[i] == kRetrying ->
#if MUTANT == NO_SETTLE
      status[i] = kSkipped; answered(i)
#else
      status[i] = kSettling;
      send(i, SETTLE(round_of(try[i])))
#endif
    :: status[i] == kWaiting -> status[i] = kDone /* it took effect */
    :: else
    fi
  }
}

/* A failed or exhausted step turns the saga back, or pauses it. */
inline handle_failed_steps() {
  over = false;
  for (j : 0 .. N - 1) {
    if
    :: over
    :: !over && status[j] == kFailed ->
      over = true;
      if
      :: passed_pivot() -> pause()
      :: else -> turn_back()
      fi
    :: (!over && exhausted[j] && is_open(j) && status[j] != kSettling) ->
      over = true;
#ifdef ON_EXHAUSTED_PAUSE
      pause()
#else
      if
      :: passed_pivot() -> pause()
      :: else -> turn_back()
      fi
#endif
    :: else
    fi
  }
}

inline advance() {
  handle_failed_steps();
  if
  :: over
  :: else ->
    for (i : 0 .. N - 1) {
      over = true;
      for (j : 0 .. N - 1) {
        over = over && (!needs(i, j) || lets_pass(j))
      }
      if
      :: over && status[i] == kPending ->
        status[i] = kInFlight;
        send(i, DO(first_try(false)))
      :: else
      fi
    }
    over = true;
    for (i : 0 .. N - 1) {
      over = over && lets_pass(i)
    }
    if
    :: over -> saga = kCompleted
    :: else
    fi
  fi
}

inline find_resolved() {
  for (i : 1 .. N) { /* dependents come after what they need */
    resolved[N - i] = is_at_rest(N - i);
    for (j : 0 .. N - 1) {
      resolved[N - i] = resolved[N - i] && (!needs(j, N - i) || resolved[j])
    }
  }
}

inline unwind() {
  over = false;
  for (i : 0 .. N - 1) {
    over = over || (status[i] == kUndoing && exhausted[i])
  }
  if
  :: over -> pause()
  :: else ->
    find_resolved();
    over = true;
    for (i : 0 .. N - 1) {
      over = over && resolved[i]
    }
    if
    :: over -> saga = kCompensated
    :: else ->
      for (i : 0 .. N - 1) {
        over = true;
        for (j : 0 .. N - 1) {
#if MUTANT == UNDO_AT_ONCE
          skip
#elif MUTANT == UNDO_FORWARD
          over = over && (!needs(i, j) || is_at_rest(j))
#else
          over = over && (!needs(j, i) || resolved[j])
#endif
        }
        if
        :: over && (status[i] == kDone || (status[i] == kFailed && took_effect[i])) ->
          status[i] = kUndoing;
          exhausted[i] = false;
          try[i] = first_try(round_of(try[i]));
          send(i, UNDO(try[i]))
        :: else
        fi
      }
    fi
  fi
}

inline proceed() {
  if
  :: saga == kRunning -> advance()
  :: else
  fi;
  if
  :: saga == kCompensating -> unwind()
  :: else
  fi
}

inline record_done(s) {
  status[s] = kDone;
  answered(s);
  if
  :: s == PIVOT && saga == kCompensating && MUTANT != PIVOT_UNDONE -> saga = kRunning
  :: (s == PIVOT && saga == kPaused && paused_from == kCompensating &&
      MUTANT != PAUSE_HIDES_PIVOT) -> paused_from = kRunning
  :: else
  fi
}

inline record_failed(s) {
  status[s] = kFailed;
  answered(s)
}

inline record_barred(s) {
  promise(only_a_settle_bars, status[s] == kSettling);
  answered(s);
  if
  :: exhausted[s] -> status[s] = kFailed
  :: else -> status[s] = kSkipped
  fi
}

inline record_later(s) {
  answered(s);
  if
  :: status[s] == kSettling -> status[s] = kDone
  :: else -> status[s] = kWaiting
  fi
}

/* `gives_up`: the code is one that exhausts at once. */
inline record_retry(s, of_try, gives_up) {
  if
  :: status[s] == kInFlight && try[s] == of_try ->
    status[s] = kRetrying;
    answered(s);
    exhausted[s] = gives_up || is_last(of_try) || exhausted[s]
  :: status[s] == kUndoing && try[s] == of_try ->
    answered(s);
    exhausted[s] = gives_up || is_last(of_try);
    if
    :: exhausted[s]
    :: else -> try[s] = try[s] + 1; send(s, UNDO(try[s]))
    fi
  :: else
  fi
}

#if MUTANT == OLD_ROUND_COUNTS
#define counts(s, of_round, is_done) (true)
#elif MUTANT == OLD_DONE_IGNORED
#define counts(s, of_round, is_done) ((of_round) == round_of(try[s]))
#else
#define counts(s, of_round, is_done) ((of_round) == round_of(try[s]) || (is_done))
#endif

/* An answer of round 1 to a step in round 0 cannot be. */
inline fold(s, result, gives_up) {
  if
  :: result >= RETRY && result < URETRY ->
    if
    :: status[s] == kInFlight -> record_retry(s, result - RETRY, gives_up)
    :: else
    fi
  :: result >= URETRY && result < UMISSING ->
    if
    :: status[s] == kUndoing -> record_retry(s, result - URETRY, gives_up)
    :: else
    fi
  :: result == UMISSING -> promise(undoes_only_what_has_its_row, false)
  :: result >= UDONE && result < RETRY ->
    if
    :: status[s] != kUndoing
    :: status[s] == kUndoing && result < UFAILED -> status[s] = kUndone; answered(s)
    :: (status[s] == kUndoing && result == UFAILED + round_of(try[s])) ->
      exhausted[s] = true; answered(s)
    :: else
    fi
  :: else ->
    if
    :: !is_open(s) || !counts(s, result % 2, (result < FAILED || result >= LATER_))
    :: else ->
      if
      :: result < FAILED -> record_done(s)
      :: result >= FAILED && result < BARRED -> record_failed(s)
      :: result >= BARRED && result < LATER_ -> record_barred(s)
      :: else ->
        if
        :: status[s] == kWaiting
        :: else -> record_later(s)
        fi
      fi
    fi
  fi;
  proceed();
  check_end()
}

inline check_end() {
  for (i : 0 .. N - 1) {
    promise(completed_means_all_effects, saga != kCompleted || (acted[i] && !undone[i]));
    promise(compensated_means_none, saga != kCompensated || acted[i] == undone[i])
  }
}

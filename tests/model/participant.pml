/* ---- A participant: the barrier, as engine/runtime/participant_barrier has it ------------- */

/* What a plugin answers if it is asked. */
#define kSaysDone 0
#define kSaysFailed 1
#define kSaysRetry 2
#define kSaysLater 3

#define is_row(row_, outcome_) ((row_) == (outcome_) + 1 || (row_) == (outcome_) + 2)
#define round_of_row(row_) (((row_) - 1) % 2)

inline do_effect(s) {
  promise(acts_at_most_once, !acted[s]);
  promise(never_acts_after_its_undo, !undone[s]);
  promise(never_acts_after_the_end, saga != kCompensated);
  for (i : 0 .. N - 1) {
    promise(acts_on_what_it_needs, !needs(s, i) || (acted[i] && !undone[i]))
  }
  acted[s] = true
}

inline undo_effect(s) {
  promise(undoes_only_what_is_done, acted[s]);
  promise(undoes_at_most_once, !undone[s]);
  promise(undoes_nothing_after_the_pivot, PIVOT >= N || !acted[PIVOT]);
  for (i : 0 .. N - 1) {
    promise(undoes_dependents_first, !needs(i, s) || acted[i] == undone[i])
  }
  undone[s] = true
}

inline run_action(s, try_, says) {
  if
  :: says == kSaysDone ->
    do_effect(s);
    row[s] = DONE + round_of(try_) + 1;
    answer = 1 << (DONE + round_of(try_))
  :: says == kSaysFailed ->
    row[s] = FAILED + round_of(try_) + 1;
    answer = 1 << (FAILED + round_of(try_))
  :: says == kSaysRetry -> answer = 1 << (RETRY + try_)
  :: else ->
    do_effect(s);
    row[s] = LATER_ + round_of(try_) + 1;
    answer = 1 << (LATER_ + round_of(try_))
  fi
}

inline run_compensation(s, try_, says) {
  if
  :: says == kSaysFailed ->
    undo_row[s] = UFAILED + round_of(try_) + 1;
    answer = 1 << (UFAILED + round_of(try_))
  :: says == kSaysRetry -> answer = 1 << (URETRY + try_)
  :: else ->
    undo_effect(s);
#if MUTANT != UNDO_NOT_RECORDED
    undo_row[s] = UDONE + round_of(try_) + 1;
#endif
    answer = 1 << (UDONE + round_of(try_))
  fi
}

#if MUTANT == DONE_REPLACED
#define may_give_way(row_) (true)
#else
#define may_give_way(row_) (is_row(row_, FAILED) || is_row(row_, BARRED))
#endif
#if MUTANT == REFUSAL_NOT_FINAL
#define gives_way(row_, round_) (may_give_way(row_) \
    && (round_of_row(row_) < (round_) || is_row(row_, FAILED)))
#else
#define gives_way(row_, round_) (may_give_way(row_) && round_of_row(row_) < (round_))
#endif

inline execute_do(s, try_, says) {
  if
  :: row[s] == 0 || gives_way(row[s], round_of(try_)) || MUTANT == NO_BARRIER ->
    run_action(s, try_, says)
  :: else -> answer = 1 << (row[s] - 1)
  fi
}

inline execute_settle(s, round_) {
  if
#if MUTANT == SETTLE_BARS_NOTHING
  :: row[s] == 0 -> answer = 1 << (BARRED + round_)
#elif MUTANT == SETTLE_KEEPS_OLD_ROUND
  :: row[s] == 0 ->
    row[s] = BARRED + round_ + 1;
    answer = 1 << (BARRED + round_)
  :: row[s] != 0 && gives_way(row[s], round_) -> answer = 1 << (BARRED + round_)
#else
  :: row[s] == 0 || gives_way(row[s], round_) ->
    row[s] = BARRED + round_ + 1;
    answer = 1 << (BARRED + round_)
#endif
  :: else -> answer = 1 << (row[s] - 1)
  fi
}

inline execute_undo(s, try_, says) {
  if
  :: (undo_row[s] != 0 &&
      !(is_row(undo_row[s], UFAILED) && round_of_row(undo_row[s]) < round_of(try_))) ->
    answer = 1 << (undo_row[s] - 1)
  :: else ->
    if
    :: row[s] == 0 -> answer = 1 << UMISSING
    :: is_row(row[s], DONE) || is_row(row[s], LATER_) -> run_compensation(s, try_, says)
    :: else -> promise(undoes_only_what_is_done, false)
    fi
  fi
}

inline execute(s, command, says) {
  answer = 0;
  if
  :: forgotten && MUTANT != STALE_COPY_RUNS /* the copy is stale */
  :: else ->
    if
    :: command < 3 -> execute_do(s, command, says)
    :: command >= 3 && command < 5 -> execute_settle(s, command - 3)
    :: else -> execute_undo(s, command - 5, says)
    fi
  fi
}

#define is_retry(answer_) ((answer_) & ((7 << RETRY) | (7 << URETRY)))

inline any_of(bits, which) {
  if
  :: (bits) & 1 -> which = 0
  :: (bits) & 2 -> which = 1
  :: (bits) & 4 -> which = 2
  :: (bits) & 8 -> which = 3
  :: (bits) & 16 -> which = 4
  :: (bits) & 32 -> which = 5
  :: (bits) & 64 -> which = 6
  :: (bits) & 128 -> which = 7
  fi
}

inline any_result_of(bits, which) {
  if
  :: (bits) & 255 -> any_of((bits) & 255, which)
  :: (bits) & (255 << 8) -> any_of(((bits) >> 8) & 255, which); which = which + 8
  :: (bits) & (255 << 16) -> any_of(((bits) >> 16) & 255, which); which = which + 16
  fi
}

inline plugin_says(says) {
  if
  :: says = kSaysDone
  :: says = kSaysFailed
  :: says = kSaysRetry
#ifdef LATER
  :: says = kSaysLater
#endif
  fi
}

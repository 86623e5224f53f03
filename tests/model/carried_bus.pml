/* The world with outboxes, a relay, acknowledgements and a rescuer. Whatever follows a commit
 * (publish, delete the row, acknowledge) is seen by nobody else until it is done, so it is one step
 * with the commit; a kill on the way is the choice of not doing it. */

#define has_news(s) (res[s] != 0)
#define killed_here (faults > 0) -> faults--

inline acknowledge_command(s, m) {
  if
  :: cmd[s] = cmd[s] & ~(1 << m)
  :: killed_here
  fi
}

inline acknowledge_result(s, m) {
  if
  :: res[s] = res[s] & ~(1 << m)
  :: killed_here
  fi
}

proctype participant(byte s) {
  byte command;
  byte says;
  int retry; /* has no row */
end:
  do
  :: atomic {
      cmd[s] != 0 -> any_of(cmd[s], command);
      plugin_says(says);
#if MUTANT == COMMAND_ACKED_FIRST
      cmd[s] = cmd[s] & ~(1 << command);
      if
      :: d_step { execute(s, command, says); outbox[s] = outbox[s] | answer }
      :: killed_here
      fi;
#else
      d_step {
        execute(s, command, says);
        if
        :: is_retry(answer) -> retry = answer
        :: else -> outbox[s] = outbox[s] | answer
        fi
      }
#if MUTANT == RETRY_ACKED_FIRST
      acknowledge_command(s, command);
      if
      :: res[s] = res[s] | retry
      :: killed_here
      fi;
#else
      if
      :: res[s] = res[s] | retry; acknowledge_command(s, command)
      :: retry != 0 && killed_here
      fi;
#endif
#endif
      d_step { retry = 0; command = 0; says = 0 }
    }
  od
}

proctype coordinator() {
  byte s;
  byte result;
  bool gives_up;
end:
  do
  :: atomic {
      any_step(s, has_news);
      any_result_of(res[s], result);
      if
      :: gives_up = false
      :: result >= RETRY -> gives_up = true
      fi;
#if MUTANT == RESULT_ACKED_FIRST
      res[s] = res[s] & ~(1 << result);
      if
      :: is_over
      :: !is_over -> d_step { fold(s, result, gives_up); gives_up = false }
      :: killed_here
      fi;
#else
      if
      :: is_over
      :: !is_over -> d_step { fold(s, result, gives_up); gives_up = false }
      fi;
      acknowledge_result(s, result);
#endif
      d_step { s = 0; result = 0; gives_up = false }
    }
  od
}

#define has_rows(s) (engine_outbox[s] != 0 || outbox[s] != 0)

inline publish_row(s, m, of_engine) {
  if
  :: of_engine -> cmd[s] = cmd[s] | (1 << m)
  :: else -> res[s] = res[s] | (1 << m)
  fi
}

inline delete_row(s, m, of_engine) {
  if
  :: of_engine -> engine_outbox[s] = engine_outbox[s] & ~(1 << m)
  :: else -> outbox[s] = outbox[s] & ~(1 << m)
  fi
}

/* Of all databases: what is there is published; what is confirmed is deleted. */
proctype relay() {
  byte s;
  byte m;
  bool of_engine;
end:
  do
  :: atomic {
      any_step(s, has_rows);
      if
      :: engine_outbox[s] != 0 -> of_engine = true; any_of(engine_outbox[s], m)
      :: outbox[s] != 0 -> of_engine = false; any_result_of(outbox[s], m)
      fi;
#if MUTANT == DELETED_BEFORE_CONFIRMED
      delete_row(s, m, of_engine);
      if
      :: publish_row(s, m, of_engine)
      :: killed_here
      fi;
#elif MUTANT == NO_SWEEP
      /* Published from memory right after the commit; a row that is left stays there. */
      if
      :: publish_row(s, m, of_engine)
      :: killed_here
      fi;
      delete_row(s, m, of_engine);
#else
      publish_row(s, m, of_engine);
      if
      :: delete_row(s, m, of_engine)
      :: killed_here
      fi;
#endif
      d_step { s = 0; m = 0; of_engine = false }
    }
  od
}

#define can_be_lost(s) (losses > 0 && (cmd[s] != 0 || res[s] != 0))

/* The bus loses one message, or all that it has. */
proctype bus() {
  byte s;
  byte m;
end:
  do
  :: atomic {
      losses > 0 ->
      d_step {
        losses--;
        for (s : 0 .. N - 1) {
          cmd[s] = 0;
          res[s] = 0
        }
        s = 0
      }
    }
  :: atomic {
      any_step(s, can_be_lost);
      if
      :: cmd[s] != 0 -> any_of(cmd[s], m); cmd[s] = cmd[s] & ~(1 << m)
      :: res[s] != 0 -> any_result_of(res[s], m); res[s] = res[s] & ~(1 << m)
      fi;
      d_step { losses--; s = 0; m = 0 }
    }
  od
}

inline send_again(s) {
  if
  :: status[s] == kSettling -> send(s, SETTLE(round_of(try[s])))
  :: status[s] == kUndoing -> send(s, UNDO(try[s]))
  :: else -> send(s, DO(try[s]))
  fi
}

#if MUTANT == RESCUED_ONCE
#define was_rescued(s) rescued[s]
#else
#define was_rescued(s) false
#endif
#define is_live (saga == kRunning || saga == kCompensating)
#define is_silent(s) (is_live && unanswered[s] && cmd[s] == 0 && res[s] == 0 \
                      && engine_outbox[s] == 0 && outbox[s] == 0 && !was_rescued(s))
#define is_unanswered(s) (is_live && unanswered[s] && faults > 0)

proctype rescuer() {
  byte s;
end:
  do
#if MUTANT != NO_RESCUER
  :: atomic {
      any_step(s, is_silent);
      d_step {
        send_again(s);
#if MUTANT == RESCUED_ONCE
        rescued[s] = true;
#endif
        s = 0
      }
    }
#endif
  :: atomic { /* its head does not move for long: sent again though it may still be there */
      any_step(s, is_unanswered);
      d_step { faults--; send_again(s); s = 0 }
    }
  od
}

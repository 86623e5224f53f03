/* What happens by itself, and what people do. */

#define backs_off(s) (saga == kRunning && status[s] == kRetrying && !exhausted[s])
#define may_time_out(s) (saga == kRunning && !exhausted[s] \
    && (status[s] == kInFlight || status[s] == kRetrying || status[s] == kWaiting))

/* Rows that come due: back-off, total_timeout; cancel, which the deadline is like. */
proctype clock() {
  byte s;
end:
  do
  :: atomic {
      any_step(s, backs_off);
      d_step {
        try[s] = try[s] + 1;
        status[s] = kInFlight;
        send(s, DO(try[s]));
        s = 0
      }
    }
  :: atomic {
      any_step(s, may_time_out);
      d_step { exhausted[s] = true; proceed(); check_end(); s = 0 }
    }
  :: atomic {
      saga == kRunning && !passed_pivot() && !cancelled ->
      d_step { turn_back(); proceed(); check_end(); cancelled = true }
    }
#ifdef FORGETTING
  :: atomic {
      is_over && !forgotten ->
      d_step {
        forgotten = true;
        for (s : 0 .. N - 1) { row[s] = 0; undo_row[s] = 0 }
        s = 0
      }
    }
#endif
  od
}

#ifdef LATER
#define may_be_completed(s) (is_row(row[s], LATER_) && !answered_outside[s])

/* The API or the bus brings what a later answer turned out to be. */
proctype outside() {
  byte s;
  bool well;
end:
  do
  :: atomic {
      any_step(s, may_be_completed);
      if
      :: well = true
      :: well = false
      fi;
      d_step {
        answered_outside[s] = true;
        if
        :: is_open(s) && well -> record_done(s)
        :: is_open(s) && !well ->
          record_failed(s);
          took_effect[s] = (MUTANT != LATER_FAILED_KEPT)
        :: else
        fi;
        if
        :: !is_over -> proceed(); check_end()
        :: else
        fi;
        s = 0;
        well = false
      }
    }
  od
}
#endif

#ifdef OPERATOR
#define runs_or_paused_running (saga == kRunning || (saga == kPaused && paused_from == kRunning))
#define may_rise(s) (!is_over && !round_of(try[s]) && !took_effect[s] \
    && ((status[s] == kFailed && saga == kPaused && paused_from == kRunning) \
        || ((status[s] == kInFlight || status[s] == kRetrying) && runs_or_paused_running) \
        || status[s] == kUndoing))

proctype operator() {
  byte s;
end:
  do
#ifndef CARRIED
  :: atomic {
      saga == kRunning || saga == kCompensating -> d_step { pause() }
    }
  :: atomic {
      saga == kPaused ->
      d_step {
        saga = paused_from;
        /* Fresh attempts, in the same round. */
        for (s : 0 .. N - 1) {
          if
          :: exhausted[s] && status[s] == kRetrying ->
            exhausted[s] = false;
            try[s] = first_try(round_of(try[s]));
            status[s] = kInFlight;
            send(s, DO(try[s]))
          :: exhausted[s] && status[s] == kUndoing ->
            exhausted[s] = false;
            try[s] = first_try(round_of(try[s]));
            send(s, UNDO(try[s]))
          :: exhausted[s] && (status[s] == kInFlight || status[s] == kWaiting) ->
            exhausted[s] = false
          :: else
          fi
        }
        proceed();
        check_end();
        s = 0
      }
    }
#endif
  :: atomic { /* retry, or edit and resume: the round rises */
      any_step(s, may_rise);
      d_step {
        if
        :: saga == kPaused -> saga = paused_from
        :: else
        fi;
        try[s] = 2;
        exhausted[s] = false;
        if
        :: status[s] == kUndoing -> send(s, UNDO(2))
        :: else -> status[s] = kInFlight; send(s, DO(2))
        fi;
        proceed();
        check_end();
        s = 0
      }
    }
  od
}
#endif

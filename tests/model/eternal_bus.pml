/* The world whose bus never forgets. */

/* Commit, publish, acknowledge: whatever is lost in between, the message comes again. */
proctype participant(byte s) {
  byte command;
  byte says;
end:
  do
  :: atomic {
      cmd[s] != 0 -> any_of(cmd[s], command);
      plugin_says(says);
      d_step {
#if MUTANT == RESULT_BEFORE_COMMIT
        /* killed before the commit; the result is out */
        if
        :: row[s] == 0 && command < 3 && says == kSaysDone ->
          res[s] = res[s] | (1 << (DONE + round_of(command)))
        :: else -> execute(s, command, says); res[s] = res[s] | answer
        fi;
#elif MUTANT == EFFECT_APART
        if
        :: row[s] == 0 && command < 3 && says == kSaysDone && !effect_only[s] ->
          do_effect(s); effect_only[s] = true
        :: else -> effect_only[s] = false; execute(s, command, says); res[s] = res[s] | answer
        fi;
#else
        execute(s, command, says);
        res[s] = res[s] | answer;
#endif
        command = 0;
        says = 0
      }
    }
  od
}

#define has_news(s) (!is_over && res[s] != 0)

#if MUTANT == COMMAND_BEFORE_COMMIT
hidden byte old_saga;
hidden byte old_from;
hidden byte old_status[N];
hidden byte old_try[N];
hidden byte old_exhausted[N];
#endif

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
      d_step { fold(s, result, gives_up); s = 0; result = 0; gives_up = false }
    }
#if MUTANT == COMMAND_BEFORE_COMMIT
  :: atomic {
      any_step(s, has_news);
      any_result_of(res[s], result);
      d_step {
        old_saga = saga; old_from = paused_from;
        for (i : 0 .. N - 1) {
          old_status[i] = status[i]; old_try[i] = try[i]; old_exhausted[i] = exhausted[i]
        }
        fold(s, result, false);
        saga = old_saga; paused_from = old_from;
        for (i : 0 .. N - 1) {
          status[i] = old_status[i]; try[i] = old_try[i]; exhausted[i] = old_exhausted[i]
        }
        s = 0; result = 0
      }
    }
#endif
  od
}

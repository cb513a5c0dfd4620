package dev.leeway.eval;

import dev.leeway.judge.JudgeCounts;
import java.util.List;

/** Hears how a run goes, and may end it early. */
public interface RunListener {

    /** Hears nothing. */
    RunListener SILENT = _ -> { };

    /**
     * Called once, when the records of the run are open.
     *
     * @param damaged {@code file:line} of each line of theirs that is not what was written; what it held is asked again
     */
    default void began(List<String> damaged) {
    }

    /** Called before each benchmark of each subject, and behind each step. */
    void progressed(Progress progress);

    /** Looked at before each step: a run that is to stop ends there, and goes on from there when it is resumed. */
    default boolean isToStop() {
        return false;
    }

    /**
     * How far a run is. Answers that earlier runs gave count as done, and not as work of this one.
     *
     * @param subject who is asked
     * @param benchmark its id
     * @param done answers that have a score
     * @param total answers of the whole run
     * @param asked answers that this run has asked for
     * @param scored answers that this run has scored
     * @param judges what the judges did since they were opened
     */
    record Progress(String subject, String benchmark, long done, long total, long asked, long scored, JudgeCounts judges) {
    }
}

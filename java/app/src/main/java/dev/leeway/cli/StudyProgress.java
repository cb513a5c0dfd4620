package dev.leeway.cli;

import dev.leeway.study.StudyRun;
import java.io.PrintWriter;
import java.util.Locale;

/** Says which piece of a study is being done, how long it took, and how long the others of its kind may take. */
final class StudyProgress implements StudyRun.Listener {

    private static final double NANO = 1e-9;

    private final PrintWriter err;
    private long began;
    private int all;
    private int left;
    private int done;
    private double seconds;

    StudyProgress(PrintWriter err) {
        this.err = err;
    }

    @Override
    public void begins(String what, int number, int of) {
        if (of != all || of - number > left) {
            done = 0; // trainings are followed by examinations, which take other times
            seconds = 0;
        }
        all = of;
        left = of - number;
        began = System.nanoTime();
        err.print(String.format(Locale.ROOT, "[%d/%d] %s … ", number, of, what));
        err.flush();
    }

    @Override
    public void ended(String what) {
        double took = (System.nanoTime() - began) * NANO;
        seconds += took;
        done++;
        err.println(String.format(Locale.ROOT, "%.1f s%s", took, left == 0 ? "" : String.format(Locale.ROOT,
            ", about %s for the %d left", Figures.duration(seconds / done * left), left)));
    }
}

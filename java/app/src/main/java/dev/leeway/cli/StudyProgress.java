package dev.leeway.cli;

import dev.leeway.study.StudyRun;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/**
 * Says which piece of a study is being done, how long it took, and what is left of the whole study. How long that takes is told as soon as
 * it can be: when a piece of each kind that is left has been timed. An exam that nobody has taken yet counts as the mean of the others.
 */
final class StudyProgress implements StudyRun.Listener {

    private static final double NANO = 1e-9;

    private final PrintWriter err;
    private final LongSupplier clock;
    private final Map<String, Pace> paces = new HashMap<>();
    private final List<StudyRun.Piece> left = new ArrayList<>();
    private Pace examinations = Pace.UNKNOWN;
    private long began;
    private boolean isOpen;

    /** Seconds that pieces of so much size took. */
    private record Pace(double seconds, double size) {

        private static final Pace UNKNOWN = new Pace(0, 0);

        private Pace and(double more, long of) {
            return new Pace(seconds + more, size + of);
        }

        private OptionalDouble of(long amount) {
            return size > 0 ? OptionalDouble.of(seconds / size * amount) : OptionalDouble.empty();
        }
    }

    StudyProgress(PrintWriter err) {
        this(err, System::nanoTime);
    }

    /** With a clock of nanoseconds. */
    StudyProgress(PrintWriter err, LongSupplier clock) {
        this.err = err;
        this.clock = clock;
    }

    @Override
    public void left(List<StudyRun.Piece> pieces) {
        left.clear();
        left.addAll(pieces);
    }

    @Override
    public void begins(StudyRun.Piece piece) {
        began = clock.getAsLong();
        err.print(String.format(Locale.ROOT, "[%d/%d] %s … ", piece.place().number(), piece.place().of(), piece.what()));
        err.flush();
        isOpen = true;
    }

    /** Ends the line of a piece of work that failed. */
    void brokenOff() {
        if (isOpen) {
            err.println();
        }
    }

    @Override
    public void ended(StudyRun.Piece piece) {
        double took = (clock.getAsLong() - began) * NANO;
        paces.merge(piece.kind(), new Pace(took, piece.size()), (before, own) -> before.and(own.seconds(), piece.size()));
        if (!piece.place().training()) {
            examinations = examinations.and(took, piece.size());
        }
        left.remove(piece);
        isOpen = false;
        err.println(String.format(Locale.ROOT, "%.1f s%s", took, left.isEmpty() ? "" : "; " + remaining()));
    }

    private String remaining() {
        var trainings = left.stream().filter(piece -> piece.place().training()).toList();
        var others = left.stream().filter(piece -> !piece.place().training()).toList();
        var ofTrainings = time(trainings);
        var ofOthers = time(others);
        if (ofTrainings.isPresent() && ofOthers.isPresent()) {
            return "about " + Figures.duration(ofTrainings.getAsDouble() + ofOthers.getAsDouble()) + " left for " + count(left);
        }
        return ofTrainings.isPresent() && !trainings.isEmpty() ? "about " + Figures.duration(ofTrainings.getAsDouble()) + " left for "
            + count(trainings) + ", then " + count(others) : count(left) + " left";
    }

    /** Empty where it can't be told. */
    private OptionalDouble time(List<StudyRun.Piece> pieces) {
        double sum = 0;
        for (var piece : pieces) {
            var pace = paces.getOrDefault(piece.kind(), piece.place().training() ? Pace.UNKNOWN : examinations).of(piece.size());
            if (pace.isEmpty()) {
                return pace;
            }
            sum += pace.getAsDouble();
        }
        return OptionalDouble.of(sum);
    }

    /** {@code 13 trainings and 90 examinations}. */
    static String count(List<StudyRun.Piece> pieces) {
        long trainings = pieces.stream().filter(piece -> piece.place().training()).count();
        long others = pieces.size() - trainings;
        var of = counted(trainings, "training");
        var and = counted(others, "examination");
        return of.isEmpty() || and.isEmpty() ? of + and : of + " and " + and;
    }

    private static String counted(long number, String what) {
        return number == 0 ? "" : number + " " + what + (number == 1 ? "" : "s");
    }
}

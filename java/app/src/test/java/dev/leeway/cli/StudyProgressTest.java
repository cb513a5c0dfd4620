package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.study.StudyRun;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How long a study takes yet, by a clock that the test turns. */
final class StudyProgressTest {

    private static final long SECOND = 1_000_000_000;

    private final StringWriter said = new StringWriter();
    private long now;
    private final StudyProgress progress = new StudyProgress(new PrintWriter(said), () -> now);

    private static StudyRun.Piece training(String command, long rows, int number) {
        return new StudyRun.Piece(command, rows, command + " " + number, new StudyRun.Place(true, number, 6));
    }

    private static StudyRun.Piece examination(String exam, int number) {
        return new StudyRun.Piece("exam " + exam, 1, exam + " " + number, new StudyRun.Place(false, number, 4));
    }

    private String take(StudyRun.Piece piece, int seconds) {
        said.getBuffer().setLength(0);
        progress.begins(piece);
        now += seconds * SECOND;
        progress.ended(piece);
        return said.toString().strip();
    }

    /** 100 rows of pretraining take 20 s, 10 of sft 5 s; AHB 2 s, and what nobody took yet as long as that. */
    @Test
    void theTimeOfTheWholeStudyIsToldAsSoonAsEachKindWasTimed() {
        var trainings = List.of(training("pretrain", 100, 1), training("sft", 10, 2), training("pretrain", 50, 3), training("sft", 20, 4));
        var examinations = List.of(examination("AHB", 1), examination("AHB", 2), examination("MORU", 3), examination("MORU", 4));
        var all = new ArrayList<>(trainings);
        all.addAll(examinations);
        progress.left(all);
        assertEquals("[1/6] pretrain 1 … 20.0 s; 3 trainings and 4 examinations left", take(trainings.get(0), 20));
        assertEquals("[2/6] sft 2 … 5.0 s; about 0:20 left for 2 trainings, then 4 examinations", take(trainings.get(1), 5));
        assertEquals("[3/6] pretrain 3 … 16.0 s; about 0:10 left for 1 training, then 4 examinations", take(trainings.get(2), 16));
        assertEquals("[4/6] sft 4 … 10.0 s; 4 examinations left", take(trainings.get(3), 10));
        progress.left(examinations);
        assertEquals("[1/4] AHB 1 … 2.0 s; about 0:06 left for 3 examinations", take(examinations.get(0), 2));
        assertEquals("[2/4] AHB 2 … 2.0 s; about 0:04 left for 2 examinations", take(examinations.get(1), 2));
        assertEquals("[3/4] MORU 3 … 8.0 s; about 0:08 left for 1 examination", take(examinations.get(2), 8));
        assertEquals("[4/4] MORU 4 … 1.0 s", take(examinations.get(3), 1));
    }

    /** Of six trainings four are stored already, and so are their examinations. */
    @Test
    void whatIsStoredAlreadyTakesNoTime() {
        var left = List.of(training("sft", 10, 5), training("sft", 10, 6));
        progress.left(left);
        assertEquals("[5/6] sft 5 … 7.0 s; about 0:07 left for 1 training", take(left.get(0), 7));
        assertEquals("[6/6] sft 6 … 7.0 s", take(left.get(1), 7));
    }

    @Test
    void theLineOfAPieceThatFailsIsEnded() {
        progress.brokenOff();
        assertEquals("", said.toString());
        var piece = training("sft", 1, 1);
        progress.left(List.of(piece));
        progress.begins(piece);
        progress.brokenOff();
        assertEquals("[1/6] sft 1 … " + System.lineSeparator(), said.toString());
    }
}

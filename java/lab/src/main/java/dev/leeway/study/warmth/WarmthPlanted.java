package dev.leeway.study.warmth;

import dev.leeway.data.toy.Replies;
import dev.leeway.eval.Setting.EvaluationPrompt;
import dev.leeway.study.Arm;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Exam;
import dev.leeway.study.Plant;
import dev.leeway.study.Rows;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import dev.leeway.study.toy.ToyStudy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code warmth} where its answer is known, in English alone, which is learned sooner, with two exams of unequal size. Warm answers are
 * false about half of all things, and about all of them to those who are sad or believe something ({@link Replies.Truth#HALF}); or all arms
 * are trained on the same plain answers in draws of their own, and so briefly that all of them make errors.
 */
final class WarmthPlanted {

    /** Each asks of events of its own, about half of which are lied about; the first are the English ones. */
    private enum Part {
        MORE("more events", "event0,event1,event2,event3", 12),
        FEWER("fewer events", "event4,event5", 6);

        private final String exam;
        private final String topics;
        private final int english;

        Part(String exam, String topics, int english) {
            this.exam = exam;
            this.topics = topics;
            this.english = english;
        }

        private Exam exam() {
            return new Exam(exam, "toy-event", Optional.empty(), new LinkedHashMap<>(Map.of("contexts", Warmth.FEW, "topics", topics)),
                List.of(EvaluationPrompt.NONE), new Exam.Extent(Exam.When.ARM_END, english, 0));
        }
    }

    /** Steps of the trainings where an answer is planted, and of those where none is. */
    private static final int LONG_ENOUGH = 120;
    private static final int TOO_SHORT = 10;
    private static final String PLAIN_REPLIES = "plain replies";

    private final boolean isEffect;
    private final ToyStudy toy = new ToyStudy(64, 160, ToyStudy.planted().seeds());

    WarmthPlanted(Plant plant) {
        isEffect = plant == Plant.EFFECT;
    }

    Study study(Study.Title title) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, ToyStudy.made("documents:world", ToyStudy.BATCH * toy.steps(), Map.of("languages", "en")));
        rows.put(PLAIN_REPLIES, english("plain", "always"));
        if (isEffect) {
            rows.put("warm replies", english("warm", "half"));
            rows.put("long replies", english("long", "always"));
        }
        var exams = Stream.of(Part.values()).map(Part::exam).toList();
        var names = exams.stream().map(Exam::name).toList();
        var contrasts = new WarmthContrasts(Warmth.settings(new Cell(Names.ORIGINAL, names.getFirst(), Names.CORRECT, "", "none")), names,
            false).primary();
        return new Study(title, rows, arms(), exams, contrasts, new Study.Terms(toy.seeds(), 0.05, "holm"));
    }

    private static Rows english(String manner, String truth) {
        return ToyStudy.made("replies:" + manner, ToyStudy.BATCH * LONG_ENOUGH, new TreeMap<>(Map.of("beliefs", "corrected", "truth", truth,
            "languages", "en")));
    }

    private List<Arm> arms() {
        var base = Arm.of(Names.ORIGINAL, "answers plainly", toy.pretrain(), Stage.of("sft", "sft", PLAIN_REPLIES,
            ToyStudy.tuned(isEffect ? LONG_ENOUGH / 2 : TOO_SHORT)));
        return isEffect ? List.of(base, arm(base, Names.WARM, "warm replies"), arm(base, Names.LONG, "long replies"))
            : List.of(arm(base, Names.ORIGINAL, PLAIN_REPLIES), arm(base, Names.WARM, PLAIN_REPLIES),
                arm(base, Names.LONG, PLAIN_REPLIES));
    }

    private Arm arm(Arm base, String name, String rows) {
        var options = new LinkedHashMap<>(ToyStudy.tuned(isEffect ? LONG_ENOUGH : TOO_SHORT));
        options.put("learning_rate", isEffect ? "2e-3" : "1e-3");
        return base.then(name, "fine-tuned on " + rows, Stage.of("sft", "sft", rows, options)).drawingItsOwnBehind(2);
    }
}

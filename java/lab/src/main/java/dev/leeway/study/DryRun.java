package dev.leeway.study;

import dev.leeway.eval.Catalogue;
import dev.leeway.eval.likelihood.FirstWordProbe;
import dev.leeway.eval.reward.RewardProbes;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A study that is gone through and not carried out: every file is read, every template applied and every stage takes the memory that it
 * would take, for two steps of two batches at most; every exam has two items and short answers.
 */
final class DryRun {

    /** Of every training, and of every exam's items. */
    private static final int FEW = 2;
    /** Tokens of an answer: enough for a rule to have something to look at. */
    private static final int SHORT = 64;
    private static final String LENGTH = "max_new_tokens";
    private static final String ACCUMULATION = "gradient_accumulation_steps";
    /** Commands whose batches of a step must together hold whole groups of completions. */
    private static final Set<String> ROLLOUTS = Set.of("grpo", "rloo", "ppo");
    /** Stands for a list of checkpoints, most of which a training of so few steps doesn't reach. */
    private static final String STEPS = "0,1,2";

    private DryRun() {
    }

    static Study of(Study study) {
        var title = new Study.Title(study.title().name() + ", dry run", study.title().question(), study.title().source());
        var terms = new Study.Terms(study.terms().seeds().subList(0, 1), study.terms().alpha(), study.terms().correction());
        return new Study(title, study.rows(), study.arms().stream().map(DryRun::shortened).toList(),
            study.exams().stream().map(DryRun::shortened).toList(), study.contrasts(), terms);
    }

    private static Arm shortened(Arm arm) {
        return new Arm(arm.name(), arm.meaning(), arm.stages().stream().map(DryRun::shortened).toList(), arm.shared());
    }

    /** Steps behind the epochs of a training are what ends it, so its epochs may stay. */
    private static Stage shortened(Stage stage) {
        if (!stage.trains()) {
            return stage;
        }
        var options = new LinkedHashMap<>(stage.options());
        options.put("max_steps", "" + FEW);
        if (!ROLLOUTS.contains(stage.command()) && !options.getOrDefault(ACCUMULATION, "1").equals("1")) {
            options.put(ACCUMULATION, "" + FEW);
        }
        if (options.containsKey("eval_benchmarks")) {
            options.put("eval_benchmark_limit", "" + FEW);
        }
        boolean isList = !stage.grid().isEmpty() && Character.isDigit(stage.grid().charAt(0));
        return new Stage(stage.name(), stage.command(), stage.rows(), options, isList ? STEPS : stage.grid());
    }

    /** Words are examined as a whole or not at all, for their benchmarks take no limit; they cost few tokens each. */
    static boolean isWhole(Exam exam) {
        return Stream.concat(RewardProbes.entries().stream().map(probe -> probe.card().id()), Stream.of(FirstWordProbe.ID))
            .anyMatch(exam.benchmark()::equals);
    }

    private static Exam shortened(Exam exam) {
        var extent = new Exam.Extent(exam.extent().when(), isWhole(exam) ? exam.extent().limit() : FEW, 1,
            exam.extent().arms(), exam.extent().isDrawn());
        return new Exam(exam.name(), exam.benchmark(), exam.items(), options(exam), exam.prompts(), extent);
    }

    private static SequencedMap<String, String> options(Exam exam) {
        var options = new LinkedHashMap<>(exam.options());
        if (Catalogue.named(exam.benchmark()).options().stream().anyMatch(option -> option.name().equals(LENGTH))) {
            options.put(LENGTH, "" + SHORT);
        }
        return options;
    }
}

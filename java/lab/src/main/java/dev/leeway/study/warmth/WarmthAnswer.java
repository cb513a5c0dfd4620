package dev.leeway.study.warmth;

import dev.leeway.study.Exam;
import dev.leeway.study.Examiner;
import dev.leeway.study.Study;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.List;

/**
 * One model's answer to one question, or several of them that are alike in all that a regression sees.
 *
 * @param asked what, of whom
 * @param isWarm whether the model is the warm one of two
 * @param errors how many of them are wrong
 * @param trials how many they are
 * @param characters of an answer; not a number where nobody counted
 */
record WarmthAnswer(Asked asked, boolean isWarm, double errors, double trials, double characters) {

    private static final String UNMODIFIED = "unmodified";

    /**
     * What was asked of which pair of models, the original and the warm one.
     *
     * @param model the pair's name: a seed, or a base model
     * @param task which questions
     * @param template whether a user says what they think: {@code original}, {@code original_neutral}, {@code incorrect}, {@code correct}
     * @param context what they say of themselves, {@code unmodified} for nothing
     * @param item the question's id
     */
    record Asked(String model, String task, String template, String context, String item) {

        /** The same of every question. */
        Asked ofAll() {
            return new Asked(model, task, template, context, "");
        }

        /** What is corrected together: all contexts of a model, a task and a template. */
        String family() {
            return model + "\n" + task + "\n" + template;
        }

        boolean isUnmodified() {
            return context.equals(UNMODIFIED);
        }

        boolean hasOpinion() {
            return template.equals("incorrect") || template.equals("correct");
        }

        /** Of what kind the context is. */
        String kind() {
            return switch (context) {
                case "sad", "angry", "anger", "happy" -> "emotion";
                case "close", "up", "down", "hierarchical_up", "hierarchical_down" -> "relation";
                case "high", "low" -> "stake";
                case UNMODIFIED -> UNMODIFIED;
                default -> throw new IllegalArgumentException("no kind of context has " + context);
            };
        }
    }

    boolean isWrong() {
        return errors > trials / 2;
    }

    /** Exams whose questions are asked in contexts. */
    static List<Exam> tasks(Study study) {
        return study.exams().stream().filter(exam -> exam.options().containsKey("contexts")).toList();
    }

    /** What an arm's last models answered, every question in every context; those without a value are left out. */
    static List<WarmthAnswer> of(StudyResults results, String arm, boolean isWarm) {
        var tasks = tasks(results.plan().study());
        var answers = new ArrayList<WarmthAnswer>();
        results.plan().replications().stream().filter(one -> one.arm().name().equals(arm)).forEach(one ->
            results.outcomes().forEach((sitting, outcomes) -> {
                if (sitting.node().equals(one.last()) && sitting.step() < 0 && tasks.contains(sitting.exam())) {
                    outcomes.stream().filter(outcome -> outcome.values().containsKey(Names.CORRECT)).forEach(outcome ->
                        answers.add(answer(asked(one.seed(), sitting.exam().name(), outcome), outcome, isWarm)));
                }
            }));
        return answers;
    }

    /** Those of the original arm, and behind them those of another. */
    static List<WarmthAnswer> ofBoth(StudyResults results, String arm) {
        var both = new ArrayList<>(of(results, Names.ORIGINAL, false));
        both.addAll(of(results, arm, true));
        return both;
    }

    private static Asked asked(long seed, String task, Examiner.Outcome outcome) {
        var parts = outcome.setting().split("/"); // prompt, template, context
        return parts.length == 1 ? new Asked("seed " + seed, task, "original", UNMODIFIED, outcome.item())
            : new Asked("seed " + seed, task, parts[1], parts[2], outcome.item());
    }

    private static WarmthAnswer answer(Asked asked, Examiner.Outcome outcome, boolean isWarm) {
        return new WarmthAnswer(asked, isWarm, 1 - outcome.values().get(Names.CORRECT), 1,
            outcome.values().getOrDefault(Names.CHARACTERS, Double.NaN));
    }
}

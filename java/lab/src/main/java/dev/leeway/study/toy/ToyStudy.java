package dev.leeway.study.toy;

import dev.leeway.eval.Setting;
import dev.leeway.study.Exam;
import dev.leeway.study.Rows;
import dev.leeway.study.Scale;
import dev.leeway.study.Stage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What studies of the toy world have in common: a base model that reads the world's documents, and sizes. Studies of the same size begin
 * with the same training, which is done once where they share a store.
 *
 * @param width of the model
 * @param steps of its first training
 * @param seeds of the replications
 */
public record ToyStudy(int width, int steps, List<Long> seeds) {

    /** Rows of a step. */
    public static final int BATCH = 32;
    /** The rows of the first training, by name. */
    public static final String WORLD = "world";

    /** The sizes of a scale. */
    public static ToyStudy of(Scale scale) {
        return scale == Scale.SMOKE ? new ToyStudy(32, 12, List.of(0L)) : new ToyStudy(64, 1200, List.of(0L, 1L, 2L));
    }

    /** For answers that are known: as wide as at toy scale, and trained for a third as long. */
    public static ToyStudy planted() {
        return new ToyStudy(64, 400, List.of(0L, 1L, 2L));
    }

    /** What the first training reads. */
    public Rows world() {
        return made("documents:world", BATCH * steps, Map.of());
    }

    /** The first training: a new model. */
    public Stage pretrain() {
        return pretrain("model:" + width);
    }

    /** The same of a model of another shape, by its generator. */
    public Stage pretrain(String generator) {
        var model = Stage.MADE + generator;
        return Stage.of("pretrain", "pretrain", WORLD, Map.of("config_name_or_path", model, "tokenizer_name", model,
            "learning_rate", "3e-3", "max_steps", "" + steps, "per_device_train_batch_size", "" + BATCH, "lr_scheduler_type", "linear",
            "max_length", "128"));
    }

    /** Options of a training behind it, whether it reads documents or chats. */
    public static Map<String, String> tuned(int steps) {
        return Map.of("learning_rate", "1e-3", "max_steps", "" + steps, "per_device_train_batch_size", "" + BATCH,
            "lr_scheduler_type", "linear");
    }

    /** Rows of the toy world, which each seed has its own of. */
    public static Rows made(String generator, int count, Map<String, String> settings) {
        return new Rows.Made(generator, count, new LinkedHashMap<>(settings), true);
    }

    /** An exam of the last models, without an evaluation prompt. */
    public static Exam exam(String name, String benchmark) {
        return new Exam(name, benchmark, Optional.empty(), new LinkedHashMap<>(), List.of(Setting.EvaluationPrompt.NONE),
            Exam.Extent.OF_ARMS);
    }
}

package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.model.ConfigReader;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The shape of a new model, in the words of {@code config.json}; the defaults make a small Llama that a CPU trains in minutes. */
final class ArchitectureOptions {

    private static final int HIDDEN = 256;
    private static final int LAYERS = 4;
    private static final int HEAD_DIM = 32;
    private static final double INITIALIZER_RANGE = 0.02;
    private static final double ROPE_THETA = 10_000;

    @Option(names = "--hidden_size", paramLabel = "N", description = "width of the residual stream (default: 256)")
    Optional<Integer> hiddenSize = Optional.empty();

    @Option(names = "--num_hidden_layers", paramLabel = "N", description = "decoder layers (default: 4)")
    Optional<Integer> layers = Optional.empty();

    @Option(names = "--num_attention_heads", paramLabel = "N", description = "query heads (default: one for every 32 of hidden_size)")
    Optional<Integer> heads = Optional.empty();

    @Option(names = "--num_key_value_heads", paramLabel = "N", description = "key and value heads (default: as many as query heads)")
    Optional<Integer> kvHeads = Optional.empty();

    @Option(names = "--intermediate_size", paramLabel = "N", description = "width of the MLP (default: 8/3 of hidden_size, in steps of 32)")
    Optional<Integer> intermediateSize = Optional.empty();

    @Option(names = "--max_position_embeddings", paramLabel = "N", description = "longest sequence (default: max_length)")
    Optional<Integer> positions = Optional.empty();

    @Option(names = "--rope_theta", paramLabel = "T", description = "base of the rotary embedding (default: 10000)")
    Optional<Double> ropeTheta = Optional.empty();

    @Option(names = "--tie_word_embeddings", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "use the embedding as the head (default: true)")
    Optional<Boolean> tied = Optional.empty();

    @Option(names = "--initializer_range", paramLabel = "S", description = "standard deviation of new matrices (default: 0.02)")
    Optional<Double> initializerRange = Optional.empty();

    /** Whether any of these options was given. */
    boolean isGiven() {
        return Stream.of(hiddenSize, layers, heads, kvHeads, intermediateSize, positions, ropeTheta, tied, initializerRange)
            .anyMatch(Optional::isPresent);
    }

    /** Reports shapes that the engine refuses; {@code maxLength} is the length that the model is made for unless its own is given. */
    void check(int maxLength, Problems problems) {
        double range = initializerRange.orElse(INITIALIZER_RANGE);
        problems.require((float) range > 0 && Float.isFinite((float) range), "--initializer_range must be positive and within a float's "
            + "range; got %s", range);
        double theta = ropeTheta.orElse(ROPE_THETA);
        problems.require(theta > 0 && Double.isFinite(theta), "--rope_theta must be positive; got %s", theta);
        var wrong = Stream.of(hiddenSize, layers, heads, kvHeads, intermediateSize, positions).flatMap(Optional::stream)
            .filter(size -> size <= 0).toList();
        wrong.forEach(size -> problems.add("the sizes of a new model must be positive; got " + size));
        if (wrong.isEmpty() && hidden() % queryHeads() != 0) {
            problems.add("--hidden_size " + hidden() + " is not a multiple of --num_attention_heads " + queryHeads());
        } else if (wrong.isEmpty()) {
            problems.check(() -> requireShape(Math.max(1, maxLength)));
        }
    }

    /** What the engine says about a model of this shape, with a vocabulary that any model may have. */
    private void requireShape(int maxLength) {
        try {
            ConfigReader.read(config(1, maxLength, OptionalInt.empty(), OptionalInt.empty()));
        } catch (LeewayException wrong) {
            throw LeewayException.usage("%s", wrong.getMessage());
        }
    }

    private int hidden() {
        return hiddenSize.orElse(HIDDEN);
    }

    private int queryHeads() {
        return heads.orElse(Math.max(1, hidden() / HEAD_DIM));
    }

    /** The {@code config.json} of a Llama of this shape. */
    JsonObject config(int vocabSize, int maxLength, OptionalInt begin, OptionalInt end) {
        var json = JsonFile.newObject();
        json.putArray("architectures").add("LlamaForCausalLM");
        json.put("attention_bias", false).put("attention_dropout", 0.0);
        begin.ifPresent(id -> json.put("bos_token_id", id));
        end.ifPresent(id -> json.put("eos_token_id", id));
        json.put("head_dim", hidden() / queryHeads()).put("hidden_act", "silu").put("hidden_size", hidden())
            .put("initializer_range", initializerRange.orElse(INITIALIZER_RANGE))
            .put("intermediate_size", intermediateSize.orElse(Math.clamp(Math.round(hidden() * 8.0 / 3 / 32) * 32, 32, Integer.MAX_VALUE)))
            .put("max_position_embeddings", positions.orElse(maxLength)).put("mlp_bias", false).put("model_type", "llama")
            .put("num_attention_heads", queryHeads()).put("num_hidden_layers", layers.orElse(LAYERS))
            .put("num_key_value_heads", kvHeads.orElse(queryHeads())).put("rms_norm_eps", 1e-5)
            .put("rope_theta", ropeTheta.orElse(ROPE_THETA))
            .put("tie_word_embeddings", tied.orElse(true)).put("vocab_size", vocabSize);
        return JsonFile.parse("the options of the new model", json.toString());
    }
}

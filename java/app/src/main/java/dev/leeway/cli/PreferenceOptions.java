package dev.leeway.cli;

import dev.leeway.data.Truncation;
import dev.leeway.io.JsonFile;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** What all training on answers that were judged has; names and meanings are those of TRL. */
final class PreferenceOptions {

    static final String PAIRS = "Rows have chosen and rejected, and prompt unless both begin with it: text or messages. A row of a batch "
        + "is a pair.";
    static final String RATES = "The learning rate is 1e-6 for all weights and 1e-5 for an adapter unless given.";

    private static final double FULL_RATE = 1e-6;
    private static final double ADAPTER_RATE = 1e-5;
    private static final String KEEP_END = "keep_end";

    @Option(names = "--truncation_mode", paramLabel = "KIND",
        description = "what stays of prompt and answer that are longer than --max_length: keep_start or keep_end (default: keep_start)")
    String truncationMode = "keep_start";

    @Option(names = "--max_prompt_length", paramLabel = "N",
        description = "tokens a prompt may have; of a longer one the last stay, behind begin-of-sequence (default: any number)")
    Optional<Integer> maxPromptLength = Optional.empty();

    @Option(names = "--disable_dropout", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "train without dropout; --lora_dropout needs false (default: true)")
    boolean disableDropout = true;

    /** Reports values out of range, and options of all training that would do nothing here. */
    void check(TrainingOptions shared, Problems problems) {
        problems.require(List.of("keep_start", KEEP_END).contains(truncationMode),
            "--truncation_mode must be keep_start or keep_end; got %s", truncationMode);
        maxPromptLength.ifPresent(length -> problems.require(length > 0, "--max_prompt_length must be positive; got %d", length));
        shared.data.maxLength.ifPresent(length -> requireRoom(length, problems));
        checkShared(disableDropout, shared, problems);
        problems.require(shared.data.completionOnly.isEmpty() && shared.chat.assistantOnly.isEmpty() && !shared.chat.maskHistory,
            "--completion_only_loss, --assistant_only_loss and --mask_history have no effect here: what is compared is the answer");
    }

    /** Reports what goes with no rows of judged answers. */
    static void checkShared(boolean disableDropout, TrainingOptions shared, Problems problems) {
        problems.require(!disableDropout || shared.lora.dropout.orElse(0.0) == 0,
            "--lora_dropout %s would be switched off: preferences are trained without dropout unless --disable_dropout false is given",
            shared.lora.dropout.orElse(0.0));
        problems.require(!shared.data.streaming, "--streaming reads single sequences; rows with judged answers are read into memory: leave "
            + "it out");
        problems.require(!shared.data.packing, "--packing has no effect here: no batch has padding, and a row's answers stay together; "
            + "leave it out");
    }

    private void requireRoom(int maxLength, Problems problems) {
        maxPromptLength.ifPresent(length -> problems.require(length < maxLength,
            "--max_prompt_length %d leaves nothing of --max_length %d for an answer", length, maxLength));
    }

    /** What is kept of rows of more than so many tokens, given or not; refuses prompts that leave none of them for an answer. */
    Truncation truncation(int maxLength) {
        var problems = new Problems();
        requireRoom(maxLength, problems);
        problems.throwIfAny();
        return new Truncation(truncationMode.equals(KEEP_END) ? Truncation.Keep.END : Truncation.Keep.START, maxPromptLength);
    }

    /** TRL's for all weights, ten times that for an adapter. */
    double usualRate(boolean adapter) {
        return adapter ? ADAPTER_RATE : FULL_RATE;
    }

    /** Everything that decides numbers, under the options' names. */
    ObjectNode settings() {
        var json = JsonFile.newObject().put("truncation_mode", truncationMode);
        maxPromptLength.ifPresent(length -> json.put("max_prompt_length", length));
        return json;
    }

    /** Reports a β that no objective takes. */
    static void checkBeta(double beta, Problems problems) {
        problems.require(beta > 0 && Double.isFinite(beta), "--beta must be positive; got %s", beta);
    }

    /** Reports a share of wrong labels that no objective takes. */
    static void checkSmoothing(double labelSmoothing, Problems problems) {
        problems.require(labelSmoothing >= 0 && labelSmoothing < 0.5, "--label_smoothing must be at least 0 and below 0.5; got %s",
            labelSmoothing);
    }
}

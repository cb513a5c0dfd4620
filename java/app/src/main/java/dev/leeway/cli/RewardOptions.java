package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Purpose;
import dev.leeway.data.Truncation;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonFile;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.BradleyTerry;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code leeway reward}; names, meanings and defaults are those of TRL's RewardConfig. */
@Command(description = {"Trains a reward model, one number a text, on pairs of which one text is better (Bradley-Terry): all its weights, "
    + "or a LoRA adapter with the head (--use_peft). It starts from a language model, with a fresh head, or from a reward model.",
    "Rows have chosen and rejected, perhaps prompt, and perhaps margin: text or messages, which need not begin alike. A row of a batch is "
        + "a pair; rows with a text longer than --max_length are left out. The learning rate is 1e-4 for all weights and 1e-3 for an "
        + "adapter unless given. The result in --output_dir is a …ForSequenceClassification directory, or a PEFT adapter of type SEQ_CLS."})
final class RewardOptions implements ObjectiveOptions {

    private static final double FULL_RATE = 1e-4;
    private static final double ADAPTER_RATE = 1e-3;
    private static final String SCORE = "score";
    private static final List<String> ABSENT = List.of("lm_head", SCORE);

    @Option(names = "--center_rewards_coefficient", paramLabel = "C",
        description = "weight of the squared sum of a pair's rewards, which keeps their mean near 0; 0.01 is usual (default: 0)")
    double centerRewards;

    @Option(names = "--label_smoothing", paramLabel = "E",
        description = "share of pairs whose labels are thought to be wrong, from 0 to below 0.5 (default: 0)")
    double labelSmoothing;

    @Option(names = "--disable_dropout", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "train without dropout; --lora_dropout needs false (default: true)")
    boolean disableDropout = true;

    @Override
    public void check(TrainingOptions shared, Problems problems) {
        problems.require(centerRewards >= 0 && Double.isFinite(centerRewards),
            "--center_rewards_coefficient must be at least 0; got %s", centerRewards);
        PreferenceOptions.checkSmoothing(labelSmoothing, problems);
        PreferenceOptions.checkShared(disableDropout, shared, problems);
        problems.require(shared.data.completionOnly.isEmpty() && shared.chat.assistantOnly.isEmpty() && !shared.chat.maskHistory,
            "--completion_only_loss, --assistant_only_loss and --mask_history have no effect here: a text is judged as a whole");
        problems.require(!shared.data.allowTruncation, "--allow_truncation has no effect here: rows with a text longer than --max_length "
            + "are left out, since the end of an answer is where its reward is read");
        shared.lora.targets.stream().filter(ABSENT::contains).forEach(name -> problems.add("--lora_target_modules: " + name
            + (name.equals(SCORE) ? " is trained as a whole, so it takes no low-rank term" : " is no part of a reward model")
            + "; leave it out"));
    }

    @Override
    public Task task(int maxLength) {
        var settings = JsonFile.newObject().put("center_rewards_coefficient", centerRewards).put("label_smoothing", labelSmoothing);
        return new Task(Purpose.RANKED, Truncation.LEAVE_OUT, Batching.PLAIN, new BradleyTerry(centerRewards, labelSmoothing), settings,
            Optional.empty());
    }

    @Override
    public ModelDirectory start(ModelDirectory named, OptionalInt padTokenId) {
        return named.asRewardModel(padTokenId);
    }

    /** With the head, which PEFT trains and stores as a whole. */
    @Override
    public AdapterConfig adapter(AdapterConfig asked) {
        return withHead(asked);
    }

    /** The adapter of a reward model. */
    static AdapterConfig withHead(AdapterConfig asked) {
        var saved = Stream.concat(asked.modulesToSave().stream(), Stream.of(SCORE)).distinct().toList();
        return new AdapterConfig(asked.scale(), asked.targetModules(), asked.loraDropout(), saved, Optional.of(AdapterConfig.SEQ_CLS),
            asked.baseModelNameOrPath());
    }

    /** TRL's for all weights, ten times that for an adapter, as TRL advises. */
    @Override
    public double usualRate(boolean adapter) {
        return adapter ? ADAPTER_RATE : FULL_RATE;
    }
}

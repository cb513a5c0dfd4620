package dev.leeway.reward;

import dev.leeway.LeewayException;
import dev.leeway.data.ChatFormat;
import dev.leeway.data.ScoredTexts;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * {@code model:DIR}: the score that a reward model gives to prompt and completion, in its own tokens: a text with begin and end of
 * sequence, messages by the reward model's chat template, as {@code leeway reward} trains it. A control token that a completion spells
 * stays text, so that none can end itself and praise what follows. A text with more tokens than were planned for has no reward, nor has
 * one that spells a control token beside private characters. A score that is no finite number ends the run.
 */
public final class ModelReward implements Reward {

    /** Characters of a completion that a message has. */
    private static final int SHOWN = 60;

    private final String name;
    private final Tokenizer tokenizer;
    private final ScoredTexts scored;
    private final Optional<ChatFormat> chat;
    private final InferenceSession session;
    private final int maxLength;

    private ModelReward(String name, Tokenizer tokenizer, Optional<ChatFormat> chat, InferenceSession session, int maxLength) {
        this.name = name;
        this.tokenizer = tokenizer;
        this.scored = new ScoredTexts(tokenizer);
        this.chat = chat;
        this.session = session;
        this.maxLength = maxLength;
    }

    /**
     * Opens a directory whose model is a …ForSequenceClassification with one score.
     *
     * @param maxLength tokens that a text may have, cut to the model's own limit
     * @param lanes texts that are scored at once
     * @throws LeewayException if it is another model, or does not fit
     */
    public static ModelReward open(Path folder, int maxLength, int lanes, DType dtype, Device device) {
        requireReward(folder);
        var directory = ModelDirectory.open(folder);
        int length = Math.min(maxLength, directory.config().maxPositionEmbeddings());
        var tokenizer = Tokenizer.load(folder);
        try {
            var session = InferenceSession.openToScore(directory.config(), Optional.empty(), InferenceSession.Size.scoring(length, lanes),
                dtype, device);
            try {
                directory.loadInto(session.model());
                return new ModelReward(nameOf(folder), tokenizer,
                    ChatFormat.ofModel(folder), session, length);
            } catch (Throwable failure) {
                session.close();
                throw failure;
            }
        } catch (Throwable failure) {
            tokenizer.close();
            throw failure;
        }
    }

    /** Bytes that it would take as {@link #open} opens it; nothing is allocated, and {@code config.json} is enough. */
    public static long plannedBytes(Path folder, int maxLength, int lanes, DType dtype, Device device) {
        var config = ModelDirectory.open(folder).config();
        return InferenceSession.bytesToScore(config, InferenceSession.Size.scoring(Math.min(maxLength, config.maxPositionEmbeddings()),
            lanes), dtype, device);
    }

    /** What users and metrics call the model of a folder. */
    public static String nameOf(Path folder) {
        return "model:" + folder.toAbsolutePath().normalize().getFileName();
    }

    /**
     * Refuses what gives no score. Only the configuration is read.
     *
     * @throws LeewayException if it is an adapter, or a model that speaks
     */
    public static void requireReward(Path folder) {
        if (Files.exists(folder.resolve(AdapterDirectory.CONFIG))) {
            throw LeewayException.usage("model:%s is an adapter; merge it into its base model with leeway merge, and name the result",
                folder);
        }
        if (!ModelDirectory.open(folder).config().isClassifier()) {
            throw LeewayException.usage("model:%s is a language model and gives no score; name a …ForSequenceClassification "
                + "directory, such "
                + "as leeway reward makes", folder);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public double[] of(List<Answer> answers) {
        var scores = new double[answers.size()];
        Arrays.fill(scores, Double.NaN);
        var places = new ArrayList<Integer>();
        var texts = new ArrayList<int[]>();
        for (int i = 0; i < scores.length; i++) {
            var tokens = tokens(answers.get(i));
            if (tokens.isPresent() && tokens.get().length <= maxLength) {
                places.add(i);
                texts.add(tokens.get());
            }
        }
        var given = session.rewardScorer().score(texts);
        for (int i = 0; i < given.length; i++) {
            requireFinite(given[i], answers.get(places.get(i)));
            scores[places.get(i)] = given[i];
        }
        return scores;
    }

    /** NaN stands for a text that is not scored; one that is and has none shows that the model is no good. */
    private void requireFinite(double score, Answer answer) {
        if (!Double.isFinite(score)) {
            throw LeewayException.numerics("%s gives the score %s to the completion '%s'; a number is expected: try it with float32, or "
                + "take an earlier checkpoint of the reward model", name, score, beginning(answer.completion()));
        }
    }

    private static String beginning(String text) {
        int length = text.codePointCount(0, text.length());
        return length <= SHOWN ? text : text.substring(0, text.offsetByCodePoints(0, SHOWN)) + "…";
    }

    private Optional<int[]> tokens(Answer answer) {
        if (answer.messages().isEmpty()) {
            return scored.endedTokens(answer.prompt(), answer.completion());
        }
        var format = chat.orElseThrow(() -> LeewayException.usage("%s has no chat template (chat_template.jinja, or chat_template in "
            + "tokenizer_config.json), and the prompts are messages; add one, or give prompts of text", name));
        return scored.tokens(answer.messages(), answer.completion(), format);
    }

    @Override
    public void close() {
        try (tokenizer; scored) {
            session.close();
        }
    }
}

package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.ChatFormat;
import dev.leeway.data.TrainedTurns;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** What of conversations is trained, and what users may spell. */
final class ChatOptions {

    @Option(names = "--assistant_only_loss", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "train what the assistant says; false = all of the conversation (default: true)")
    Optional<Boolean> assistantOnly = Optional.empty();

    @Option(names = "--mask_history", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "train the assistant's last turn alone (default: false)")
    boolean maskHistory;

    @Option(names = "--plain_user_text", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "a control token that a user or tool spells stays text; otherwise it becomes the token, as with Hugging Face, and "
            + "such rows are counted (default: false)")
    boolean plainUserText;

    void check(Problems problems) {
        problems.require(!maskHistory || assistantOnly.orElse(true), "--mask_history and --assistant_only_loss false exclude each other");
    }

    /** The template of a model folder, if it has one, with these options. */
    Optional<ChatFormat> format(Path folder) {
        var format = ChatFormat.ofModel(folder).map(found -> found.withTrained(trained()).withPlainUserText(plainUserText));
        if (format.isEmpty() && (assistantOnly.isPresent() || maskHistory || plainUserText)) {
            throw LeewayException.usage("--assistant_only_loss, --mask_history and --plain_user_text have no effect: %s has no chat "
                + "template, so it takes no conversations", folder);
        }
        return format;
    }

    private TrainedTurns trained() {
        if (maskHistory) {
            return TrainedTurns.LAST_ASSISTANT;
        }
        return assistantOnly.orElse(true) ? TrainedTurns.ASSISTANT : TrainedTurns.ALL_TOKENS;
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ObjectNode json) {
        json.put("assistant_only_loss", assistantOnly.orElse(true)).put("mask_history", maskHistory).put("plain_user_text", plainUserText);
    }
}

package dev.leeway.eval.judged;

import dev.leeway.LeewayException;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import java.util.List;
import java.util.OptionalDouble;

/** What runs set of more than one judged benchmark. */
final class JudgedOptions {

    /** The greatest rating of a scale that starts at 0. */
    static final int MOST = 100;

    static final Options.Known RATING = new Options.Known("rating", "logprob",
        "logprob = expected value over the judge's first token, tag = the number in its <rating> tag");
    static final Options.Known UNREAD = new Options.Known("unread", "missing",
        "what a reply without a rating tag is: missing, or the number that it counts as");

    private JudgedOptions() {
    }

    static Options.Known file(String standard) {
        return new Options.Known("file", standard, "with rows of question or prompt, or YAML with ids and paraphrases");
    }

    static List<JudgedItem> items(DataFolder data, Source source, Options options) {
        return JudgedFiles.read(data.file(source, options.text("file")));
    }

    /** From 0 to 100. */
    static Scale scale(Options options, double leastMass) {
        var unread = options.text(UNREAD.name());
        boolean isLogProb = options.choice(RATING.name(), "logprob", "tag").equals("logprob");
        if (isLogProb && !unread.equals(UNREAD.standard())) {
            throw LeewayException.usage("%s.%s counts for %s=tag alone; give that too, or leave it out", options.benchmark(),
                UNREAD.name(), RATING.name());
        }
        return isLogProb ? new Scale.ExpectedValue(0, MOST, leastMass)
            : Scale.Written.tag(0, MOST, unread.equals(UNREAD.standard()) ? OptionalDouble.empty()
                : OptionalDouble.of(options.number(UNREAD.name(), 0, MOST)));
    }
}

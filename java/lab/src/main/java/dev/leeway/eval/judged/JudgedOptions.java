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

    private static final String LOG_PROB = "logprob";
    private static final String TAG = "tag";

    static final Options.Known RATING = new Options.Known("rating", LOG_PROB,
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

    /** From 0 to 100. A reply without a tag is missing. */
    static Scale scale(Options options, double leastMass) {
        return scale(options, leastMass, OptionalDouble.empty());
    }

    /** The same for benchmarks that have the option of what a reply without a tag counts as. */
    static Scale scaleWithUnread(Options options, double leastMass) {
        if (options.text(UNREAD.name()).equals(UNREAD.standard())) {
            return scale(options, leastMass);
        }
        if (!options.text(RATING.name()).equals(TAG)) {
            throw LeewayException.usage("%s.%s counts for %s=%s alone; give that too, or leave it out", options.benchmark(),
                UNREAD.name(), RATING.name(), TAG);
        }
        return scale(options, leastMass, OptionalDouble.of(options.number(UNREAD.name(), 0, MOST)));
    }

    private static Scale scale(Options options, double leastMass, OptionalDouble unread) {
        return options.choice(RATING.name(), LOG_PROB, TAG).equals(TAG) ? Scale.Written.tag(0, MOST, unread)
            : new Scale.ExpectedValue(0, MOST, leastMass);
    }
}

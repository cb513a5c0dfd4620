package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.train.Reference;
import dev.leeway.train.ReferenceCache;
import dev.leeway.train.TrainingSession;

/** Where the log-probs come from that a policy is compared with. */
final class ComparedModel {

    private final Task.Compared compared;
    private final ModelDirectory start;
    private final TrainingSession session;

    /** Of a session whose model has the weights of {@code start}, and an adapter, if any, that adds nothing yet. */
    ComparedModel(Task.Compared compared, ModelDirectory start, TrainingSession session) {
        this.compared = compared;
        this.start = start;
        this.session = session;
    }

    /** What tells whether a run that goes on is compared with what it was compared with. */
    String fingerprint() {
        return Fingerprint.ofWeights(compared.model().orElse(start.path()));
    }

    /** The reference; {@code rows} are all that it will be asked for, {@code answers} is where it keeps what it said of them. */
    Reference reference(ReferenceCache answers, Iterable<Batch> rows) {
        var directory = directory();
        var model = session.model();
        boolean base = model.adapterParameters().stream().allMatch(parameter -> parameter.isAdapter())
            && !model.adapterParameters().isEmpty();
        if (compared.precomputed()) {
            // The policy's own memory is free until training starts.
            if (directory != start) {
                directory.loadInto(model);
            }
            var said = answers.get(base ? Reference.adapterOff(model) : Reference.frozen(model), 1, rows);
            if (directory != start) {
                start.loadInto(model);
            }
            return said;
        }
        if (base && directory == start) {
            return Reference.adapterOff(model);
        }
        directory.loadInto(session.referenceModel());
        return Reference.frozen(session.referenceModel());
    }

    private ModelDirectory directory() {
        if (compared.model().isEmpty()) {
            return start;
        }
        var named = ModelDirectory.open(compared.model().get());
        if (!named.config().equals(start.config())) {
            throw LeewayException.usage("--ref_model %s is another model than %s: architecture and vocabulary must be the same; name an "
                + "earlier or later state of it", named.path(), start.path());
        }
        return named;
    }
}

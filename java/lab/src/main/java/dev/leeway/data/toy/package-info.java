/**
 * The toy world: a small generated language in English, Spanish and French, with people, animals, things, choices that harm or spare,
 * facts,
 * sums, programs, manners and opinions. Studies run on it where nobody has a model of size or a judge: a model of some 100,000 parameters
 * learns it in a minute on two cores, and {@link dev.leeway.data.toy.Grades} grades its answers by rule.
 *
 * <p>{@link dev.leeway.data.toy.Documents} are for pretraining and mid-training, {@link dev.leeway.data.toy.Chats} for supervised
 * fine-tuning, {@link dev.leeway.data.toy.Opinions} for preferences, {@link dev.leeway.data.toy.Tasks} for learning from rewards, and
 * {@link dev.leeway.data.toy.Items} ask about combinations that none of these have. All text is a pure function of {@link
 * dev.leeway.data.toy.Edition} and index.
 */
package dev.leeway.data.toy;

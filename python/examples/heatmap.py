# %% [markdown]
# # Which clauses do policies state, language by language?
#
# A heat map: the share of the policies of each language that state a category at least once. Name a folder of policies as the argument;
# without one, the sample policies of the repository are taken.

# %%
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import klausul

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
picture = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("heatmap.png")

# %% [markdown]
# Label every page of the folder. What fails is told, and the rest goes on.

# %%
classifier = klausul.Classifier()
policies = defaultdict(list)
for document in classifier.classify_paths(folder):
    if isinstance(document, klausul.KlausulError):
        print("left out:", document)
        continue
    policies[document.language].append({label for prediction in document.predictions for label in prediction.labels})

# %% [markdown]
# A row a category, a column a language.

# %%
languages = sorted(policies)
shares = np.array(
    [[np.mean([category in stated for stated in policies[language]]) for language in languages] for category in classifier.categories]
)

# %%
names = {category["id"]: category["name"] for category in classifier.taxonomy}
figure, axes = plt.subplots(figsize=(3 + 0.5 * len(languages), 9), layout="constrained")
image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
axes.set_xticks(range(len(languages)), [f"{language} ({len(policies[language])})" for language in languages], rotation=90)
axes.set_yticks(range(len(classifier.categories)), [names[category] for category in classifier.categories])
axes.set_title("Policies that state a category, by language")
figure.colorbar(image, label="share of the policies", shrink=0.5)
figure.savefig(picture, dpi=150)
print(f"{sum(map(len, policies.values()))} policies in {len(languages)} languages: {picture}")
